"""Taggers: plain columns from the pixels and labels of images."""
