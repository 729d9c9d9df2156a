"""Statistics on arrays: intervals, tests, distances, power, splitting. Knows none of the nouns."""
