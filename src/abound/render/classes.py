"""Semantic classes of bodies: the label ids of Cityscapes."""

from abound.pixels.cityscapes import CITYSCAPES, SKY, label_id

__all__ = ["CITYSCAPES", "SKY", "label_id"]
