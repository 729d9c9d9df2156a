"""Exact text: as an image, on signs in the street, in the picture of a camera close by; and read by tesseract."""

from __future__ import annotations

import io
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from abound.errors import InputError
from abound.render.models.sign import sign
from abound.render.spec import read_scene
from abound.render.text import plate_text, text_image

KINDS = ("warning", "speed", "stop", "yield", "name", "direction", "billboard")


def test_the_same_text_has_the_same_pixels_and_another_text_others():
    one = text_image("MAIN STREET", 200, 60)
    assert one.shape == (60, 200, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, text_image("MAIN STREET", 200, 60))
    assert (one != text_image("MAIN STREEF", 200, 60)).any()


@pytest.mark.parametrize(
    "text", ["I", "MAIN STREET", "TWO\nLINES", "Ärger & Öl", "АВТОБУС", "12345678901234567890"]
)
def test_text_is_as_large_as_fits_and_stays_off_the_rim(text):
    image = text_image(text, 300, 80, (0, 0, 0), (255, 255, 255)).astype(int).sum(-1) < 600
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert rows.min() >= 5
    assert rows.max() <= 74
    assert columns.min() >= 5
    assert columns.max() <= 294
    assert np.ptp(rows) > 50 or np.ptp(columns) > 240


def test_no_text_is_paper():
    assert (text_image("  ", 20, 10, paper=(1, 2, 3)) == [1, 2, 3]).all()


@pytest.mark.parametrize("text", ["保育士", "a\tb", "smile 🛩"])
def test_what_the_font_does_not_draw_is_refused(text):
    with pytest.raises(InputError, match="bundled font does not draw"):
        text_image(text, 100, 40)


def test_plates_have_letters_digits_letters():
    rng = np.random.default_rng(0)
    assert all(re.fullmatch(r"[A-Z]{2} \d{3} [A-Z]{2}", plate_text(rng)) for _ in range(50))


@pytest.mark.parametrize("kind", KINDS)
def test_the_corners_of_a_sign_are_those_of_its_image(kind):
    made = sign(kind, "STOP" if kind == "stop" else "50")
    (number,) = [i for i, m in enumerate(made.mesh.materials) if m.image is not None]
    faces = made.mesh.material == number
    uv = made.mesh.uv[faces].reshape(-1, 2).astype(float)
    places = made.mesh.vertices[made.mesh.faces[faces]].reshape(-1, 3)
    fit = np.linalg.lstsq(np.c_[uv, np.ones(len(uv))], places, rcond=None)[0]
    corners = np.array([[0, 1, 1], [1, 1, 1], [1, 0, 1], [0, 0, 1.0]]) @ fit
    np.testing.assert_allclose(corners, made.corners, atol=1e-6)
    normal = np.cross(places[1] - places[0], places[2] - places[0])
    assert normal[0] > 0, "the face looks along +x"
    assert made.corners[:, 2].min() > 1.5


def test_a_sign_without_a_text_has_its_usual_one():
    assert sign("stop").text == "STOP"
    assert sign("speed").text == "50"
    assert sign("name", "OAK LANE").text == "OAK LANE"


def test_no_tree_and_no_house_stands_before_a_billboard():
    pytest.importorskip("numba", reason="the extra [scenes] is not installed")
    from abound.render.roadside import _sight

    scene = read_scene({"signs": [{"kind": "billboard", "distance": 30.0, "side": "left"}]})
    assert _sight(scene, 1.0) == [(12.0, 34.0)]
    assert _sight(scene, -1.0) == []


def seen(text, distance=4.0, width=256, height=96):
    """The face of a direction sign in a picture, straightened, and its image."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is in the extra [scenes]")
    pytest.importorskip("embreex", reason="the extra [scenes] is not installed")
    from abound.render.mesh import moved
    from abound.render.rays import Scene
    from abound.render.shade import look, picture
    from abound.render.world import Conditions, World
    from tests.render.plain_worlds import camera, still, wall

    made = sign("direction", text)
    shift = {"x": distance, "z": -float(made.corners[:, 2].mean()), "yaw": np.pi}
    corners = moved(made.mesh._replace(vertices=made.corners), **shift).vertices
    # The camera stands at the origin and looks along +x; the sign faces it.
    lens = camera(1, width, height, fx=380.0, fy=380.0)
    world = World(1, 10.0, (still(moved(made.mesh, **shift)), still(wall(40.0, 30.0, -30.0))), (), {"front": lens},
                  Conditions(sun_elevation=50.0, sun_azimuth=180.0, cloud=1.0))  # fmt: skip
    rays = Scene(world)
    image = picture(look(rays, "front", 0), rays.at(0))
    at = np.stack(
        [width / 2 - corners[:, 1] / corners[:, 0] * 380, height / 2 - corners[:, 2] / corners[:, 0] * 380], 1
    )
    face = next(m.image for m in made.mesh.materials if m.image is not None)
    h, w = face.shape[:2]
    matrix = cv2.getPerspectiveTransform(
        at.astype(np.float32), np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    )
    return cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_CUBIC), face


def test_the_picture_of_a_sign_shows_its_text():
    """It looks like its own image, not like that of another text, nor mirrored or upside down."""
    shown, face = seen("EXIT 7")
    other = next(m.image for m in sign("direction", "CENTRE").mesh.materials if m.image is not None)

    def alike(a, b):
        return np.corrcoef(a.mean(-1).ravel(), b.mean(-1).ravel())[0, 1]

    assert alike(shown, face) > 0.9
    for wrong in (other, face[:, ::-1], face[::-1]):
        assert alike(shown, wrong) < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("text", ["CENTRE", "AIRPORT", "EXIT 7"])
def test_tesseract_reads_the_picture_where_it_reads_the_image(text):
    if shutil.which("tesseract") is None:
        pytest.skip("Debian's tesseract-ocr is not installed")

    def read(image):
        buffer = io.BytesIO()
        grey = Image.fromarray(image).convert("L").resize((720, 720 * image.shape[0] // image.shape[1]))
        grey.save(buffer, "PNG")
        command = ["tesseract", "-", "-", "--psm", "7"]
        done = subprocess.run(command, input=buffer.getvalue(), capture_output=True, check=True)
        return re.sub(r"[^A-Z0-9]", "", done.stdout.decode().upper())

    shown, face = seen(text)
    wanted = text.replace(" ", "")
    if wanted not in read(face):
        pytest.skip("tesseract does not read the undistorted image either")
    assert wanted in read(shown)
