"""Neural networks and their samplers on arrays. The only place of torch; knows neither tables nor nouns."""
