"""Codecs and transforms of images. Arrays only: nothing here knows a table."""
