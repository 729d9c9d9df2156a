"""Pictures by the same rays as the labels: sun, sky, shadows, one bounce, reflections, lamps, weather, sensor.

A frame is a few batches of rays between compiled loops: what is where (`shade_surface`), the sun's shadow, light
from all sides at a quarter of the pixels (`shade_gather`), mirrors and panes, lamps (`shade_lamps`), and all of it
again for a few more rays in pixels that differ from their neighbours (antialiasing by contrast, Mitchell 1987).
Radiance in linear sRGB goes through fog and falling drops (`weather`) to the camera's file (`sensor`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.camera import camera_named, rays, rays_at
from abound.render.night import emission, glare, lamps
from abound.render.rays import Hits, Moment, Scene, primary, seen
from abound.render.sensor import developed, exposure_of
from abound.render.sky import Sky, sky
from abound.render.textures import Textures, textures
from abound.render.weather import fallen
from abound.render.world import Camera

Array = np.ndarray[Any, Any]


class State(NamedTuple):
    """What the pixel centres know that finer rays can use."""

    samples: Array
    half: Array  # irradiance of half pixels
    air: Array  # light of the air
    mirror: Array  # what wet ground mirrors


SUN_RADIUS = 0.0047  # radians
EACH = 4  # gathering rays a pixel
MORE = 24  # where the neighbours are of no help
LONELY = 4.0  # summed weight of neighbours (a whole block: 16) below which they are not
SPOTS = np.array([[0.125, 0.375], [0.625, 0.125], [0.875, 0.625], [0.375, 0.875]])  # a rotated grid
CONTRAST = 0.06  # difference of shown brightness between neighbours that is worth more rays


class Look(NamedTuple):
    """What pictures of a clip share."""

    scene: Scene
    camera: str
    textures: Textures
    albedo: Array  # float64 (materials, 3), mean reflectance for bounced light
    sky: Sky
    flood: Array  # bool (bodies,), rain lies on it
    exposure: float  # factor from radiance to the sensor, metered once a clip so that nothing flickers
    seed: int


class Lit(NamedTuple):
    """The light of a frame."""

    lamps: Array  # float64 (lamps, 12)
    grid: tuple[Array, Array, Array]  # which of them reach where
    emission: Array  # float64 (materials, 3)
    glow: Array  # the same without lamps, whose light comes from `lamps`
    window: float  # radiance of a lit window


def look(scene: Scene, camera: str, seed: int) -> Look:
    """Everything that is constant over the clip, with the exposure metered in its middle frame."""
    world, shape = scene.world, scene.geometry
    patterns = textures(shape.materials, shape.material_body, shape.still)
    flood = np.arange(len(shape.bodies)) < shape.still
    first = Look(scene, camera, patterns, _albedo(patterns), sky(world.conditions, seed % 1000), flood, 10.0, seed)
    whole = camera_named(world, camera)
    step = max(1.0, whole.width / 160.0)
    size = max(1, int(whole.width / step)), max(1, int(whole.height / step))
    small = whole._replace(
        width=size[0],
        height=size[1],
        fx=whole.fx / step,
        fy=whole.fy / step,
        cx=whole.cx / step,
        cy=whole.cy / step,
    )
    moment = scene.at(world.frames // 2)
    hits = primary(moment, small)
    radiance, _ = _centres(first, moment, small, hits, _lit(first, moment))
    return first._replace(exposure=exposure_of(radiance, hits.triangle >= 0, first.sky, world.sensor))


def picture(look: Look, moment: Moment, hits: Hits | None = None) -> Array:
    """The picture of a frame, uint8 (height, width, 3) sRGB.

    Args:
        look: made once a clip.
        moment: the frame (`Scene.at`).
        hits: first hits at the pixel centres where the labels have them already (`abound.render.rays.primary`).
    """
    world = look.scene.world
    camera = camera_named(world, look.camera)
    if hits is None:
        hits = primary(moment, camera)
    lit = _lit(look, moment)
    radiance, state = _centres(look, moment, camera, hits, lit)
    _smoothed(look, moment, camera, hits, lit, radiance, state)
    frame = radiance.reshape(camera.height, camera.width, 3)
    depth = hits.distance.reshape(camera.height, camera.width)
    number = moment.frame.number
    glare(frame, moment, camera, lit.lamps, 1.0 + 2.0 * min(1.0, 100.0 * look.sky.fog))
    fallen(frame, depth, world, look.sky, camera, number, lit.lamps, look.seed)
    return developed(frame, look.exposure, world.sensor, look.sky, (look.seed, number))


def _albedo(patterns: Textures) -> Array:
    """Mean reflectance of each material."""
    t = patterns.table
    out = 0.75 * t[:, 0:3] + 0.25 * t[:, 3:6]
    for i in np.flatnonzero(t[:, 15] >= 0):
        out[i] = patterns.texels[patterns.levels[patterns.first[int(t[i, 15]) + 1] - 1, 0]]
    return out


def _lit(look: Look, moment: Moment) -> Lit:
    from abound.render.shade_lamps import grid_of

    number = moment.frame.number
    shape = moment.geometry
    own = emission(shape, number)
    switched = np.array([bool(m.lamp) for m in shape.materials])[:, None]
    shining = lamps(look.scene.world, number)
    return Lit(shining, grid_of(shining), own, np.where(switched, 0.0, np.minimum(own, 1.0)), 0.09 * look.sky.night)


def _surfaces(look: Look, moment: Moment, hits: Hits, directions: Array, angle: float, lit: Lit) -> Array:
    """Surface samples, float32 (n, WIDTH)."""
    from abound.render.shade_surface import WIDTH, surfaces

    shape, frame, c, t = moment.geometry, moment.frame, look.scene.world.conditions, look.textures
    out = np.empty((len(directions), WIDTH), np.float32)
    surfaces(
        hits.triangle, hits.weights, directions, hits.distance, angle, shape.faces, frame.vertices, frame.normals,
        shape.local, shape.body, frame.poses, shape.material, shape.uv, t.table, lit.emission, t.texels, t.levels,
        t.first, c.wetness, c.snow_cover, look.flood, lit.window, out,
    )  # fmt: skip
    return out


def _shadow(look: Look, moment: Moment, s: Array, spot: Array) -> Array:
    """Share of the sun that reaches each sample, float32 (n,)."""
    from abound.render.shade_light import sun_rays

    out = np.zeros(len(s), np.float32)
    if look.sky.light.max() > 1e-4:
        index, o, d = sun_rays(s, spot, look.sky.sun, SUN_RADIUS)
        if len(index):
            out[index] = ~moment.occluded(o, d)
    return out


def _centres(look: Look, moment: Moment, camera: Camera, hits: Hits, lit: Lit) -> tuple[Array, State]:
    """Radiance (h * w, 3) at the pixel centres; and the samples and gathered light for the finer rays."""
    _, directions = rays(camera, moment.frame.number)
    s = _surfaces(look, moment, hits, directions, 1.0 / camera.fx, lit)
    i, j = np.indices((camera.height, camera.width)).reshape(2, -1)
    half = _gather(look, moment, s, camera, lit)
    ambient = _ambient(look, moment, s, np.stack([j + 0.5, i + 0.5], -1), camera, State(s, half, half, half), lit)
    spot = np.zeros(len(s), np.int64)
    air = _air(look, moment, camera, s, directions, lit)
    light, mirror = _radiance(look, moment, camera, s, hits, directions, ambient, air, None, spot, lit)
    return light, State(s, half, air, mirror)


def _gather(look: Look, moment: Moment, s: Array, camera: Camera, lit: Lit) -> Array:
    """Irradiance from all sides at half resolution, float64 (half pixels, 3)."""
    from abound.render.shade_gather import filtered, half_samples

    w, h = camera.width, camera.height
    columns = (w + 1) // 2
    index, sample = half_samples(s, w, h)
    raw, share = np.zeros((columns * ((h + 1) // 2), 3)), np.zeros(columns * ((h + 1) // 2))
    if not len(index):
        return raw
    raw[index] = _sent(look, moment, s, sample, index, columns, EACH, lit)
    half = np.asarray(filtered(s, w, h, raw, share))
    few = share[index] < LONELY
    half[index[few]] = _sent(look, moment, s, sample[few], index[few], columns, MORE, lit)
    return half


def _ambient(
    look: Look, moment: Moment, samples: Array, spots: Array, camera: Camera, state: State, lit: Lit
) -> Array:
    """Irradiance from all sides at any samples of the camera, float32 (n, 3)."""
    from abound.render.shade_gather import spread

    s, half = state.samples, state.half
    out = np.zeros((len(samples), 3), np.float32)
    lonely = spread(samples, spots, s, camera.width, camera.height, half, out)
    place = spots[lonely].astype(np.int64) @ np.array([1, camera.width])
    each = MORE if len(samples) == len(s) else MORE // 3  # finer rays are averaged
    out[lonely] = _sent(look, moment, samples, lonely, place, camera.width, each, lit)
    return out


def _sent(
    look: Look, moment: Moment, s: Array, sample: Array, place: Array, columns: int, each: int, lit: Lit
) -> Array:
    """Irradiance at some samples by rays to all sides, float64 (n, 3)."""
    from abound.render.shade_gather import bounce_points, gather_rays, gathered

    out = np.zeros((len(sample), 3))
    if not len(sample):
        return out
    shape, frame, sun = moment.geometry, moment.frame, look.sky
    o, d = gather_rays(s, sample, place, columns, each)
    hits = moment.intersect(o, d)
    spot, normal, towards = bounce_points(o, d, hits.triangle, hits.distance, frame.vertices, shape.faces, sun.sun)
    shade = np.zeros(len(o), np.float32)
    if sun.light.max() > 1e-4 and len(towards):
        shade[towards] = ~moment.occluded(spot[towards], np.tile(sun.sun, (len(towards), 1)))
    gathered(
        each, d, hits.triangle, shape.material, look.albedo, lit.glow, spot, normal, shade, sun.sun, sun.light,
        sun.around, sun.dome, lit.lamps, *lit.grid, out,
    )  # fmt: skip
    return out


def _radiance(
    look: Look, moment: Moment, camera: Camera, s: Array, hits: Hits, directions: Array, ambient: Array,
    air: Array, wet: Array | None, spot: Array, lit: Lit,
) -> tuple[Array, Array]:  # fmt: skip
    """Radiance of camera rays and what their mirrors show, two float32 (n, 3).

    `ambient` comes from all sides, `air` from the beams of lamps, `wet` is what wet ground mirrors there, where
    known, None for the pixel centres.
    """
    from abound.render.shade_lamps import BEST
    from abound.render.shade_light import compose
    from abound.render.shade_sky import show_sky

    sun = look.sky
    out = np.zeros((len(s), 3), np.float32)
    show_sky(sun.numbers, directions, hits.triangle, out)
    shadow = _shadow(look, moment, s, spot)
    mirror, through = _mirrors(look, moment, s, directions, wet, camera.width, lit, 1.0 / camera.fx)
    shone = _lamp_light(look, moment, s, directions, lit, BEST)
    compose(
        s, directions, sun.sun, sun.light, shadow, sun.around, ambient, mirror, through, shone, sun.numbers,
        sun.fog, out,
    )  # fmt: skip
    out += air
    return out, mirror


def _air(look: Look, moment: Moment, camera: Camera, s: Array, directions: Array, lit: Lit) -> Array:
    """What fog and rain scatter from the beams of lamps, at the pixel centres: float32 (n, 3). It is smooth, so two
    neighbours have the same."""
    from abound.render.shade_lamps import beams

    out = np.zeros((len(s), 3), np.float32)
    if len(lit.lamps) and look.sky.night > 0.0 and look.sky.fog > 1e-3:
        j = np.arange(len(s)) % camera.width
        some = np.flatnonzero(j % 2 == 0)
        far = np.where(np.isfinite(s[some, -1]), s[some, -1], 200.0)
        origin = camera.pose[moment.frame.number][:3, 3].astype(np.float64)
        half = out[some]
        beams(origin, directions[some], far, lit.lamps, look.sky.fog, half)
        out[some] = half
        others = np.flatnonzero(j % 2 == 1)
        out[others] = out[others - 1]
    return out


def _lamp_light(look: Look, moment: Moment, s: Array, directions: Array, lit: Lit, most: int) -> Array:
    """What the `most` strongest lamps send to the eye by the surfaces, float32 (n, 3)."""
    from abound.render.shade_lamps import lamp_light, lamp_rays

    out = np.zeros((len(s), 3), np.float32)
    if len(lit.lamps):
        cut = 0.02 / look.exposure  # what does not change the picture
        which, lamp, part, o, d = lamp_rays(s, lit.lamps, *lit.grid, cut, most)
        dark = moment.occluded(o, d, 0.995) if len(which) else np.zeros(0, bool)
        lamp_light(s, directions, lit.lamps, which, lamp, part, d, dark, look.sky.fog, out)
    return out


def _mirrors(
    look: Look, moment: Moment, s: Array, directions: Array, wet: Array | None, columns: int, lit: Lit, angle: float
) -> tuple[Array, Array]:
    """What mirrors and panes show, two float32 (n, 3). `wet` None: `s` is a picture with `columns`."""
    from abound.render.shade_light import mirror_of_sky, mirrored
    from abound.render.shade_surface import FILM, PASS

    mirror, through = np.zeros((len(s), 3), np.float32), np.zeros((len(s), 3), np.float32)
    mirror_of_sky(s, directions, look.sky.dome, mirror)
    index, o, d = np.empty(len(s), np.int64), np.empty((len(s), 3)), np.empty((len(s), 3))
    n = mirrored(s, directions, index, o, d)
    if wet is None:
        free = _between(s, columns)
    else:
        free = (s[:, FILM] > 0.02) & (wet.max(axis=1) > 0.0)
        mirror[free] = wet[free]
    ask = np.flatnonzero(~free[index[:n]])
    index = index[ask]
    shown = _second(look, moment, s[index], o[ask], d[ask], lit, angle, 0.7)
    film = s[index, FILM : FILM + 1]
    mirror[index] = np.minimum(shown, np.where((film > 0.0) & (film < 0.9), 1.5 / look.exposure, 8.0))
    if wet is None:
        between = np.flatnonzero(free)
        mirror[between] = 0.5 * (mirror[between - 1] + mirror[between + 1])
    panes = np.flatnonzero(s[:, PASS] > 0.6)
    if len(panes):
        d = directions[panes] / np.linalg.norm(directions[panes], axis=1, keepdims=True)
        first = s[panes]
        for indoors in (0.22, 0.45):
            start = first[:, :3] + d * (4e-3 + 2e-4 * s[panes, -1:])
            shown, first = _second_samples(look, moment, s[panes], start, d, lit, angle, indoors)
            through[panes] = shown
            again = first[:, PASS] > 0.6  # the far pane: look on through it
            if not again.any():
                break
            panes, d, first = panes[again], d[again], first[again]
    return mirror, through


def _between(s: Array, columns: int) -> Array:
    """Wet pixels that show the mean of what their neighbours mirror, as every other one does where a film of water
    scatters: bool (n,)."""
    from abound.render.shade_surface import FILM

    film = s[:, FILM].reshape(-1, columns)
    i, j = np.indices(film.shape)
    soft, wet = (film > 0.02) & (film < 0.9) & ((i + j) % 2 == 1), film > 0.02
    out = np.zeros(film.shape, bool)
    out[:, 1:-1] = soft[:, 1:-1] & wet[:, :-2] & wet[:, 2:]
    return out.ravel()


def _second(
    look: Look, moment: Moment, s: Array, o: Array, d: Array, lit: Lit, angle: float, open_: float
) -> Array:
    return _second_samples(look, moment, s, o, d, lit, angle, open_)[0]


def _second_samples(
    look: Look, moment: Moment, s: Array, o: Array, d: Array, lit: Lit, angle: float, open_: float
) -> tuple[Array, Array]:
    """Radiance that comes back along second rays, and the samples they met; `open_`: share of sky light."""
    from abound.render.shade_light import compose, mirror_of_sky, surround
    from abound.render.shade_sky import show_sky
    from abound.render.shade_surface import FAR, WIDTH

    out = np.zeros((len(d), 3), np.float32)
    if not len(d):
        return out, np.zeros((0, WIDTH), np.float32)
    sun = look.sky
    hits = moment.intersect(o, d)
    mean = 2.0 * angle * (1.0 + float(np.median(s[:, FAR])) / 10.0)
    t = _surfaces(look, moment, hits, d, mean, lit)
    show_sky(sun.numbers, d, hits.triangle, out)
    shadow = _shadow(look, moment, t, np.zeros(len(t), np.int64))
    ambient = np.zeros((len(t), 3), np.float32)
    surround(t, sun.around, open_, ambient)
    mirror = np.zeros((len(t), 3), np.float32)
    mirror_of_sky(t, d, sun.dome, mirror)
    shone = _lamp_light(look, moment, t, d, lit, 2)
    dark = np.zeros_like(mirror)
    compose(t, d, sun.sun, sun.light, shadow, sun.around, ambient, mirror, dark, shone, sun.numbers, sun.fog, out)
    return out, t


def _smoothed(
    look: Look, moment: Moment, camera: Camera, hits: Hits, lit: Lit, radiance: Array, state: State
) -> None:
    """Antialiasing, in place: pixels that differ from a neighbour become the mean of five rays."""
    from abound.render.shade_pixels import averaged, contrasts
    from abound.render.shade_surface import FILM

    body = np.where(hits.triangle >= 0, moment.geometry.body[hits.triangle], -1)
    pixels = contrasts(
        radiance, body, camera.width, camera.height, look.exposure, CONTRAST * (1.0 + look.sky.night)
    )
    if not len(pixels):
        return
    i, j = np.divmod(pixels, camera.width)
    spots = (np.stack([j, i], -1)[:, None] + SPOTS).reshape(-1, 2)
    origin, directions = rays_at(camera, moment.frame.number, spots)
    more = seen(moment, camera, origin, directions)
    fine = _surfaces(look, moment, more, directions, 0.6 / camera.fx, lit)
    ambient = _ambient(look, moment, fine, spots, camera, state, lit)
    spot = np.arange(len(fine)) % 4 + 1
    air, wet = (np.repeat(each[pixels], len(SPOTS), axis=0) for each in (state.air, state.mirror))
    wet[np.repeat(state.samples[pixels, FILM] <= 0.02, len(SPOTS))] = 0.0
    shown, _ = _radiance(look, moment, camera, fine, more, directions, ambient, air, wet, spot, lit)
    averaged(radiance, shown, pixels, look.exposure)
