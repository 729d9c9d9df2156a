"""Scenes of triangles to pixels and exact labels. Arrays only: nothing here knows a table."""
