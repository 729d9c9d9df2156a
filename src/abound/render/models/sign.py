"""Signs with exact text: warning, speed limit, stop, yield, street name, direction, billboard. They face +x."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Array, Material, Mesh, box, cylinder, join, mesh, moved
from abound.render.text import text_image

STEEL = Material((0.45, 0.46, 0.47), 0.45, metallic=0.7, pattern="metal")
BACK = Material((0.4, 0.41, 0.42), 0.6, metallic=0.5)
RED, BLUE, GREEN, WHITE, BLACK = (176, 18, 24), (18, 62, 150), (10, 96, 58), (244, 244, 240), (12, 12, 12)
PIXELS = 384  # of the longer side of a sign's image


class Made(NamedTuple):
    """A sign, and the corners of its text in the object frame, float64 (4, 3): from the top left, clockwise."""

    mesh: Mesh
    corners: Array
    text: str


def sign(kind: str, text: str = "") -> Made:
    """A sign on its post, the plate's foot about 2.1 m above the ground; billboards stand on two posts."""
    text = text or {
        "stop": "STOP",
        "speed": "50",
        "warning": "!",
        "name": "MAIN STREET",
        "direction": "CENTRE",
    }.get(kind, {"billboard": "OPEN TODAY", "yield": ""}.get(kind, ""))
    width, height, post = {
        "warning": (0.9, 0.8, 2.1), "yield": (0.9, 0.8, 2.1), "speed": (0.65, 0.65, 2.1), "stop": (0.75, 0.75, 2.1),
        "name": (1.1, 0.3, 2.5), "direction": (2.2, 0.7, 2.3), "billboard": (3.8, 1.9, 1.6),
    }[kind]  # fmt: skip
    if kind == "name" and len(text) > 12:
        width = 0.09 * len(text)
    outline = _outline(kind, width, height)
    image = _image(kind, text, width, height)
    middle = post + height / 2
    front = _plate(outline, Material((1.0, 1.0, 1.0), 0.45, image=image), width, height)
    back = mesh([(-0.012, y, z) for _, y, z in outline], [(0, i + 1, i) for i in range(1, len(outline) - 1)], BACK)
    legs = (-0.35 * width, 0.35 * width) if kind in ("direction", "billboard") else (0.0,)
    tall = middle + (0.0 if kind == "name" else 0.3 * height)
    posts = [moved(cylinder(0.035, tall, STEEL, detail=10), -0.06, y, tall / 2) for y in legs]
    parts = [*posts, *(moved(p, z=middle) for p in (front, back))]
    if kind == "billboard":
        rim = Material((0.05, 0.05, 0.05), 0.6)
        parts.append(box((0.05, width + 0.1, 0.06), rim, (0, 0, middle + height / 2)))
        parts.append(box((0.05, width + 0.1, 0.06), rim, (0, 0, middle - height / 2)))
    w, h = width / 2, height / 2
    corners = np.array([(0, -w, middle + h), (0, w, middle + h), (0, w, middle - h), (0, -w, middle - h)])
    return Made(join(parts), corners, text)


def _outline(kind: str, width: float, height: float) -> list[tuple[float, float, float]]:
    """Points of the plate, counter-clockwise seen from +x, about its middle."""
    w, h = width / 2, height / 2
    if kind == "warning":
        return [(0.0, -w, -h), (0.0, w, -h), (0.0, 0.0, h)]
    if kind == "yield":
        return [(0.0, -w, h), (0.0, 0.0, -h), (0.0, w, h)]
    if kind in ("speed", "stop"):
        n, turn = (28, 0.0) if kind == "speed" else (8, np.pi / 8)
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False) + turn
        return [(0.0, w * float(np.cos(a)), h * float(np.sin(a))) for a in angle]
    return [(0.0, -w, -h), (0.0, w, -h), (0.0, w, h), (0.0, -w, h)]


def _plate(outline: list[tuple[float, float, float]], material: Material, width: float, height: float) -> Mesh:
    points = np.array(outline)
    uv = np.stack([points[:, 1] / width + 0.5, points[:, 2] / height + 0.5], -1)
    faces = np.array([(0, i, i + 1) for i in range(1, len(outline) - 1)])
    return mesh(points, faces, material, uv[faces])


def _image(kind: str, text: str, width: float, height: float) -> Array:
    """The face of a sign, uint8 (h, w, 3), at four times its size, then shrunk: smooth edges."""
    from PIL import Image, ImageDraw

    w = int(PIXELS * width / max(width, height))
    h = int(PIXELS * height / max(width, height))
    if kind in ("name", "direction", "billboard"):
        ink, paper = {"name": (WHITE, BLUE), "direction": (BLACK, (240, 200, 30)), "billboard": (BLACK, WHITE)}[
            kind
        ]
        return text_image(text, w, h, ink, paper, border=ink)
    image = Image.new("RGB", (w, h), RED if kind != "speed" else WHITE)
    pen: Any = ImageDraw.Draw(image)
    if kind in ("warning", "yield"):
        inner = (
            [(0.15, 0.9), (0.85, 0.9), (0.5, 0.2)] if kind == "warning" else [(0.15, 0.1), (0.85, 0.1), (0.5, 0.8)]
        )
        pen.polygon([(x * w, y * h) for x, y in inner], fill=WHITE)
        area = (0.37, 0.5, 0.63, 0.87)
        ink, paper = BLACK, WHITE
    elif kind == "speed":
        pen.ellipse([0, 0, w - 1, h - 1], fill=RED)
        pen.ellipse([0.12 * w, 0.12 * h, 0.88 * w, 0.88 * h], fill=WHITE)
        area = (0.2, 0.27, 0.8, 0.73)
        ink, paper = BLACK, WHITE
    else:
        ring = [
            (0.5 + 0.47 * np.cos(a), 0.5 + 0.47 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 9)[:-1] + np.pi / 8
        ]
        pen.polygon([(x * w, y * h) for x, y in ring], outline=WHITE, width=max(2, w // 40))
        area = (0.1, 0.32, 0.9, 0.68)
        ink, paper = WHITE, RED
    x0, y0, x1, y1 = (int(a * s) for a, s in zip(area, (w, h, w, h), strict=True))
    if text.strip():
        image.paste(Image.fromarray(text_image(text, x1 - x0, y1 - y0, ink, paper, margin=0.02)), (x0, y0))
    return np.asarray(image)
