"""Is text on signs, plates and vehicles the text that was asked for? Debian's tesseract reads it, if it is there.

First it reads the face of the sign as an image, undistorted. Wherever it reads that rightly it has to read the face
as it is in a clip from close by: the picture of a frame, cut out by the four corners of the face and straightened.
The street is the one that the generator builds; its camera (KITTI's optics, 1242 x 375) stands before the face, 20
(or 8) degrees aside and as high as a car's, at several distances. Both images are read in the same way: same size,
as one line and as scattered words, and in negative. A face that something hides is not asked.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from abound.render.geometry import Geometry
from abound.render.rays import Moment, Scene, primary
from abound.render.shade import look, picture
from abound.render.spec import read_scene
from abound.render.street import build
from abound.render.world import Camera
from benchmarks.rows import row

Array = np.ndarray[Any, Any]
WORDS = {
    "stop": ("STOP",), "speed": ("30", "50", "80"), "warning": ("!",),
    "name": ("MAIN STREET", "OAK LANE", "RIVER ROAD"), "direction": ("CENTRE", "AIRPORT", "STATION"),
    "billboard": ("OPEN TODAY", "FRESH BREAD", "GRAND HOTEL"), "plate": ("AB 123 CD", "KN 482 LR", "HM 770 XE"),
    "van": ("PARCELS", "BAKERY"), "truck": ("NORTHLINE", "FREIGHT 24"), "bus": ("CITY LINE", "METRO"),
}  # fmt: skip
DISTANCES = (2.5, 4.0, 6.0, 10.0, 16.0)
AREA = {"stop": (0.08, 0.3, 0.92, 0.7), "speed": (0.18, 0.24, 0.82, 0.76), "warning": (0.33, 0.46, 0.67, 0.9)}
CLOSE = {"billboard": 6.0, "direction": 4.0, "van": 4.0, "truck": 6.0, "bus": 4.0}  # else the nearest
PLATE, SMALL = (90, 416), 400  # pixels of images: a plate's shape, and a width below which it is no lettering
ASIDE, EYE, ACROSS = (20.0, -20.0, 8.0, -8.0), 1.65, 480  # pixels of the longer side of what is read


class Face(NamedTuple):
    """A rectangle that shows an image: its corners in the world from the top left, clockwise, and its triangles."""

    corners: Array  # float64 (4, 3)
    triangles: Array
    image: Array


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Kinds and words."""
    kinds = {"direction": WORDS["direction"][:1], "plate": WORDS["plate"][:1]} if quick else WORDS
    return [{"kind": k, "text": t, "seed": i} for k, texts in kinds.items() for i, t in enumerate(texts)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """What is read undistorted and at each distance; None where the face is hidden."""
    if shutil.which("tesseract") is None:
        return {"absent": True}
    world = build(_scene(task), task["seed"])
    moment = Scene(world).at(0)
    wanted = _key(task["text"])
    shown = faces(moment, task["kind"])
    area = AREA.get(task["kind"])
    out: dict[str, Any] = {"flat": wanted in read(shown[0].image, area), "at": {}}
    for d in DISTANCES:
        for face, aside in product(shown, ASIDE):
            camera = _before(face, d, aside)
            seen = Scene(world._replace(cameras={"close": camera}))
            if _free(seen.at(0), camera, face):
                image = picture(look(seen, "close", 0), seen.at(0))
                out["at"][str(d)] = {
                    "read": wanted in read(cut(image, _projected(camera, face.corners), face.image), area),
                    "pixels": float(np.linalg.norm(np.diff(_projected(camera, face.corners)[:2], axis=0))),
                }
                break
    return out


def _scene(task: dict[str, Any]) -> Any:
    kind, text = task["kind"], task["text"]
    base: dict[str, Any] = {
        "frames": 2, "weather": {"kind": ("overcast", "clear")[task["seed"] % 2]}, "time": {"sun_elevation": 45.0},
        "traffic": {"vehicles": 0, "walkers": 0, "parked": 0.0},
    }  # fmt: skip
    if kind in ("plate", "van", "truck", "bus"):
        actor = {"kind": "car" if kind == "plate" else kind, "action": "stopped", "distance": 14.0, "text": text}
        return read_scene({**base, "actors": [actor]})
    return read_scene({**base, "signs": [{"kind": kind, "text": text, "distance": 30.0}]})


def faces(moment: Moment, kind: str) -> list[Face]:
    """The faces of signs, or the first actor's plates, or its flanks (a plate or a maker's mark is none)."""
    shape: Geometry = moment.geometry
    found: dict[tuple[Any, ...], list[int]] = {}
    for t in np.flatnonzero([shape.materials[m].image is not None for m in shape.material]).tolist():
        body, image = shape.bodies[shape.body[t]], shape.materials[shape.material[t]].image
        assert image is not None
        if body.kind != "sign" and (body.instance != 1 or (kind == "plate") != (image.shape[:2] == PLATE)):
            continue
        if image.shape[1] >= SMALL or body.kind == "sign":
            v = moment.frame.vertices[shape.faces[t]]
            way = np.cross(v[1] - v[0], v[2] - v[0])
            axis = int(np.abs(way).argmax())
            found.setdefault((id(image), axis, bool(way[axis] > 0)), []).append(t)
    out = [_face(moment, np.array(each)) for each in found.values()]
    widest = max((f.image.shape[1] for f in out), default=0)
    return [f for f in out if f.image.shape[1] == widest]


def _face(moment: Moment, triangles: Array) -> Face:
    """The corners of an image by the map from uv to space that fits its triangles best (a flank bends a bit)."""
    shape = moment.geometry
    uv = shape.uv[triangles].reshape(-1, 2).astype(float)
    places = moment.frame.vertices[shape.faces[triangles]].reshape(-1, 3)
    fit = np.linalg.lstsq(np.c_[uv, np.ones(len(uv))], places, rcond=None)[0]
    corners = np.array([[0, 1, 1], [1, 1, 1], [1, 0, 1], [0, 0, 1.0]]) @ fit
    image = shape.materials[shape.material[triangles[0]]].image
    assert image is not None
    return Face(corners, triangles, image)


def _before(face: Face, distance: float, aside: float) -> Camera:
    """KITTI's optics at a distance before a face, looking at its middle."""
    middle = face.corners.mean(axis=0)
    normal = np.cross(face.corners[3] - face.corners[0], face.corners[1] - face.corners[0])
    way = np.arctan2(normal[1], normal[0]) + np.radians(aside)
    eye = middle + distance * np.array([np.cos(way), np.sin(way), 0.0])
    eye[2] = EYE
    z = (middle - eye) / np.linalg.norm(middle - eye)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = np.stack([x, np.cross(z, x), z], axis=1), eye
    return Camera(np.stack([pose, pose]))


def _projected(camera: Camera, corners: Array) -> Array:
    p = (corners - camera.pose[0][:3, 3]) @ camera.pose[0][:3, :3]
    return np.asarray(p[:, :2] / p[:, 2:] * [camera.fx, camera.fy] + [camera.cx, camera.cy])


def _free(moment: Moment, camera: Camera, face: Face) -> bool:
    """Whether the face is in the picture and nothing stands before it."""
    import cv2

    at = _projected(camera, face.corners)
    if (at < 2).any() or (at > [camera.width - 2, camera.height - 2]).any():
        return False
    outline = np.zeros((camera.height, camera.width), np.uint8)
    cv2.fillConvexPoly(outline, np.round(at).astype(np.int32), 1)
    inner = cv2.erode(outline, np.ones((3, 3), np.uint8)).ravel() > 0
    met = primary(moment, camera).triangle[inner]
    place = np.linalg.norm(face.corners - np.roll(face.corners, 1, axis=0), axis=1)
    v = moment.frame.vertices[moment.geometry.faces[face.triangles]]
    area = np.linalg.norm(np.cross(v[:, 1] - v[:, 0], v[:, 2] - v[:, 0]), axis=1).sum() / 2
    share = min(1.0, area / (place[0] * place[1]))  # a triangle or a disc fills less than its rectangle
    return len(met) > 0 and bool(np.isin(met, face.triangles).mean() > 0.93 * share)


def cut(image: Array, at: Array, like: Array) -> Array:
    """A quadrilateral of a picture, straightened to the shape of the image that it shows."""
    import cv2

    h, w = like.shape[:2]
    scale = ACROSS / max(h, w)
    w, h = round(w * scale), round(h * scale)
    matrix = cv2.getPerspectiveTransform(
        at.astype(np.float32), np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    )
    return np.asarray(cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_CUBIC))


def read(image: Array, area: tuple[float, ...] | None = None) -> str:
    """Everything that tesseract reads in an image, letters and digits only, tries one after the other."""
    import cv2

    if area:  # where the text stands, inside of rings and edges
        h, w = image.shape[:2]
        image = image[int(area[1] * h) : int(area[3] * h), int(area[0] * w) : int(area[2] * w)]
    scale = ACROSS / max(image.shape[:2])
    grey = cv2.cvtColor(
        cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), cv2.COLOR_RGB2GRAY
    )
    # Shadows darken a face unevenly: light is taken out as what varies over half its height.
    around = cv2.GaussianBlur(grey, (0, 0), 0.5 * grey.shape[0], borderType=cv2.BORDER_REFLECT).astype(float)
    ratio = grey / np.maximum(around, 1.0)
    low, high = np.percentile(ratio, (1, 99))
    grey = np.round(255 * np.clip((ratio - low) / max(high - low, 1e-6), 0, 1)).astype(np.uint8)
    out = []
    for each in (grey, 255 - grey):
        framed = cv2.copyMakeBorder(each, 30, 30, 30, 30, cv2.BORDER_REPLICATE)
        png = cv2.imencode(".png", framed)[1].tobytes()
        for mode in ("7", "11"):
            done = subprocess.run(
                ["tesseract", "-", "-", "--psm", mode], input=png, capture_output=True, check=True
            )
            out.append(_key(done.stdout.decode()))
    return " ".join(out)


def _key(text: str) -> str:
    return re.sub(r"[^A-Z0-9!]", "", text.upper())


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """By kind: of the texts that are read undistorted, the share that is read close by; other distances beside."""
    chosen = tasks(quick)
    if results and "absent" in results[0]:
        return [row("text_read", None, "share", reason="tesseract is not installed")]
    out, hits, asked = [], 0, 0
    for kind in dict.fromkeys(t["kind"] for t in chosen):
        of = [r for t, r in zip(chosen, results, strict=True) if t["kind"] == kind and r["flat"]]
        table = {}
        for d in map(str, DISTANCES):
            seen = [r["at"][d] for r in of if d in r["at"]]
            if seen:
                width = np.mean([s["pixels"] for s in seen])
                table[f"{d} m"] = f"{sum(s['read'] for s in seen)} of {len(seen)}, {width:.0f} px wide"
        close = [_closest(r, CLOSE.get(kind, 0.0)) for r in of]
        known = [c for c in close if c is not None]
        hits, asked = hits + sum(known), asked + len(known)
        texts = sum(t["kind"] == kind for t in chosen)
        more = {"texts": texts, "read undistorted": len(of), **table}
        out.append(row(f"text_read {kind}", float(np.mean(known)) if known else None, "share", n=len(known),
                       reference=more, reason="none is read undistorted, or all are hidden"))  # fmt: skip
    return [row("text_read", hits / asked if asked else None, "share", n=asked, reference={"limit": 1.0}), *out]


def _closest(r: dict[str, Any], least: float) -> bool | None:
    """Whether the text is read at the closest distance of at least `least` at which the face is free."""
    free = sorted(float(d) for d in r["at"])
    at = [d for d in free if d >= least]
    return bool(r["at"][str(at[0])]["read"]) if at else None
