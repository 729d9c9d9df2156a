"""Procedural models, one family a file: parameters in metres and colours to a `Mesh`."""
