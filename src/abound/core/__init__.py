"""The nouns: immutable objects that every stage and plug-in speaks, stored as JSON or Parquet."""
