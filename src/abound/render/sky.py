"""The light of day: sun, sky, clouds and fog as functions of the sun's place and the weather.

Clear sky: Preetham, Shirley, Smits 1999, "A practical analytic model for daylight" (Perez luminance and
chromaticity). Overcast: CIE (Moon and Spencer 1942), (1 + 2 sin elevation) / 3. Fog: Koschmieder, contrast exp(-3
d / V) at distance d for visibility V. The unit of radiance is a sunlit white wall at 45 degrees. After sunset the
light falls along a curve that agrees with lamps of about ten times their real strength, so that one exposure shows
both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.world import Conditions

Array = np.ndarray[Any, Any]
_XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
CLEAR_AIR = 18000.0  # metres of visibility without fog


class Sky(NamedTuple):
    """What the shaders need of sun and air."""

    sun: Array  # float64 (3,), unit, towards the sun (or moon)
    light: Array  # float64 (3,), irradiance of the sun on a surface that faces it
    fog: float  # extinction a metre
    air: Array  # float64 (3,), radiance of endless fog or haze
    glow: Array  # float64 (3,), what the air adds towards the sun
    numbers: Array  # float64 (40,), what the compiled sky needs, see `numbers_of`
    dome: Array  # float32 (rows, columns, 3), radiance by elevation (-90 to 90) and azimuth, without the sun's disc
    around: Array  # float64 (9, 3), spherical harmonics of the irradiance
    night: float  # 0 day to 1 night


def sky(c: Conditions, seed: int = 0) -> Sky:
    """Sun, sky and air of the conditions; `seed` moves the clouds."""
    from abound.render.shade_sky import dome, harmonics

    up = np.radians(max(c.sun_elevation, 0.5))
    azimuth = np.radians(c.sun_azimuth)
    sun = np.array([np.cos(up) * np.cos(azimuth), np.cos(up) * np.sin(azimuth), np.sin(up)])
    fog = 3.0 / min(c.visibility, CLEAR_AIR) + 3.0 * c.rain**0.6 / 20000.0 + 3.0 * c.snowfall**0.6 / 4000.0
    light = (
        sunlight(c.sun_elevation) * (1.0 - _smooth(0.5, 0.95, c.cloud)) * np.exp(-(fog - 3.0 / CLEAR_AIR) * 120.0)
    )
    night = 1.0 - _smooth(-7.0, 0.0, c.sun_elevation)
    numbers = numbers_of(c, sun, light, seed)
    plain = dome(numbers, 32, 96)
    spread = harmonics(plain)
    flat = spread[0] * 0.282095 / np.pi + light * max(0.05, sun[2]) / np.pi
    thick = min(1.0, fog / (3.0 / 2000.0))
    level = plain[17:20].reshape(-1, 3).mean(axis=0)
    grey = np.dot(flat, [0.2126, 0.7152, 0.0722])
    air = (1.0 - thick) * 1.1 * level + thick * (0.45 * flat + 0.55 * grey) * 0.75
    glow = 0.35 * light * (1.0 - 0.5 * thick) + thick * 0.25 * air
    numbers[30:33], numbers[33:36], numbers[36] = air, glow, fog
    full = dome(numbers, 64, 192)
    return Sky(sun, light, fog, air, glow, numbers, full, harmonics(full), float(night))


def sunlight(elevation: float) -> Array:
    """Irradiance of the sun through the air, pi on a white wall at 45 degrees; 0 below the horizon.

    Air mass after Kasten and Young 1989; optical depths of Rayleigh scattering, ozone and light haze.
    """
    h = max(elevation, 0.2)
    mass = 1.0 / (np.sin(np.radians(h)) + 0.50572 * (h + 6.07995) ** -1.6364)
    depth = np.array([0.105, 0.165, 0.300])
    out = np.exp(-depth * (mass - 1.4142)) * np.array([1.06, 1.0, 0.92]) * np.pi
    return np.asarray(out * _smooth(-1.5, 1.0, elevation))


def numbers_of(c: Conditions, sun: Array, light: Array, seed: int) -> Array:
    """0-2 sun, 3-5 light, 6-20 Perez a-e of Y, x, y, 21-23 zenith Y, x, y over F(zenith), 24 cloud, 25 seed,
    26 day share, 27 dusk share, 28 night share, 29 overcast radiance at the zenith, 30-32 air, 33-35 glow, 36 fog,
    37 height of the sun in degrees, 38 snow on the ground, 39 snowfall."""
    t = 2.4 + 2.5 * _smooth(0.0, 0.6, c.cloud) * 0.4
    a = np.array(
        [
            [
                0.1787 * t - 1.4630,
                -0.3554 * t + 0.4275,
                -0.0227 * t + 5.3251,
                0.1206 * t - 2.5771,
                -0.0670 * t + 0.3703,
            ],
            [
                -0.0193 * t - 0.2592,
                -0.0665 * t + 0.0008,
                -0.0004 * t + 0.2125,
                -0.0641 * t - 0.8989,
                -0.0033 * t + 0.0452,
            ],
            [
                -0.0167 * t - 0.2608,
                -0.0950 * t + 0.0092,
                -0.0079 * t + 0.2102,
                -0.0441 * t - 1.6537,
                -0.0109 * t + 0.0529,
            ],
        ]
    )
    zenith = np.pi / 2 - np.radians(max(c.sun_elevation, 2.0))
    chi = (4.0 / 9.0 - t / 120.0) * (np.pi - 2.0 * zenith)
    luminance = (4.0453 * t - 4.9710) * np.tan(chi) - 0.2155 * t + 2.4192
    z = np.array([zenith**3, zenith**2, zenith, 1.0])
    mx = [
        [0.00166, -0.00375, 0.00209, 0],
        [-0.02903, 0.06377, -0.03202, 0.00394],
        [0.11693, -0.21196, 0.06052, 0.25886],
    ]
    my = [
        [0.00275, -0.00610, 0.00317, 0],
        [-0.04214, 0.08970, -0.04153, 0.00516],
        [0.15346, -0.26756, 0.06670, 0.26688],
    ]
    turbid = np.array([t * t, t, 1.0])
    at = np.array([max(luminance, 0.3) / 32.0, turbid @ np.array(mx) @ z, turbid @ np.array(my) @ z])
    cosine = np.cos(zenith)
    whole = (1.0 + a[:, 0] * np.exp(a[:, 1])) * (1.0 + a[:, 2] * np.exp(a[:, 3] * zenith) + a[:, 4] * cosine**2)
    day = _smooth(-2.5, 3.0, c.sun_elevation) * (0.25 + 0.75 * _smooth(0.0, 14.0, c.sun_elevation))
    dusk = np.exp(-(((c.sun_elevation + 1.0) / 4.0) ** 2))
    dark = 1.0 - _smooth(-7.0, -1.0, c.sun_elevation)
    high = max(c.sun_elevation, 0.0)
    grey = 0.21 * (0.04 + np.sin(np.radians(min(high, 60.0)))) * _smooth(-6.0, 2.0, c.sun_elevation) + 0.0035
    tail = [c.cloud, seed, day, dusk, dark, grey, *[0.0] * 7, c.sun_elevation, c.snow_cover, c.snowfall]
    return np.array([*sun, *light, *a.ravel(), *(at / whole), *tail], np.float64)


def _smooth(low: float, high: float, x: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return float(t * t * (3.0 - 2.0 * t))
