"""Measures and coats of large animals, lengths as shares of the height at the withers.

Heights and proportions are those of field guides and breed standards (red and roe deer, moose: Macdonald and
Barrett 1993, "Mammals of Britain and Europe"); the limb segments follow side views of skeletons in proportion.
"""

from __future__ import annotations

from typing import NamedTuple

from abound.render.mesh import Colour


class Species(NamedTuple):
    """One kind of animal."""

    heights: tuple[float, float]  # metres at the withers, of grown-up animals
    span: float  # hip joint to shoulder joint
    hip: float  # height of the hip joint when it stands
    shoulder: float  # height of the shoulder joint
    front: tuple[float, float, float, float]  # humerus, forearm, cannon, pastern with hoof
    hind: tuple[float, float, float, float]  # thigh, shank, cannon, pastern with hoof
    track: float  # half the distance between left and right hooves
    chest: float  # half the depth of the chest behind the shoulder
    belly: float  # half the depth before the hind legs
    rump: float  # half the depth of the hindquarters
    breadth: float  # breadth of the trunk over its depth
    hump: float  # how far the withers rise over the back
    neck: tuple[float, float, float, float]  # length, degrees above level, radius at the base, at the head
    head: tuple[float, float, float, float]  # length, degrees below level, radius of the skull, of the muzzle
    ear: tuple[float, float, float]  # length, radius, degrees above level
    tail: tuple[float, float, float]  # length, radius, degrees below level
    limb: tuple[float, float, float]  # radius of thigh, of forearm, of cannon
    coats: tuple[tuple[Colour, Colour], ...]  # back, and belly or patches or points
    pattern: str = "fur"
    paws: bool = False


SPECIES: dict[str, Species] = {
    "deer": Species(
        (0.85, 1.25),
        0.72,
        0.80,
        0.62,
        (0.17, 0.24, 0.23, 0.09),
        (0.24, 0.27, 0.29, 0.09),
        0.085,
        0.190,
        0.145,
        0.155,
        0.74,
        0.03,
        (0.50, 52, 0.120, 0.068),
        (0.32, 28, 0.082, 0.040),
        (0.17, 0.036, 35),
        (0.14, 0.025, 70),
        (0.115, 0.048, 0.0190),
        (
            ((0.21, 0.105, 0.048), (0.52, 0.44, 0.34)),
            ((0.15, 0.095, 0.055), (0.45, 0.38, 0.30)),
            ((0.26, 0.115, 0.042), (0.55, 0.45, 0.33)),
        ),
    ),
    "moose": Species(
        (1.70, 2.10),
        0.76,
        0.78,
        0.60,
        (0.18, 0.26, 0.22, 0.09),
        (0.25, 0.28, 0.27, 0.09),
        0.090,
        0.215,
        0.165,
        0.165,
        0.70,
        0.075,
        (0.34, 18, 0.150, 0.095),
        (0.40, 34, 0.088, 0.068),
        (0.15, 0.036, 35),
        (0.06, 0.022, 70),
        (0.115, 0.052, 0.0225),
        (((0.052, 0.033, 0.022), (0.20, 0.17, 0.135)), ((0.080, 0.046, 0.027), (0.24, 0.20, 0.15))),
    ),
    "cow": Species(
        (1.30, 1.55),
        0.94,
        0.70,
        0.56,
        (0.17, 0.24, 0.17, 0.09),
        (0.23, 0.24, 0.23, 0.09),
        0.120,
        0.270,
        0.275,
        0.215,
        0.80,
        0.0,
        (0.38, 14, 0.175, 0.110),
        (0.36, 38, 0.100, 0.070),
        (0.14, 0.040, 0),
        (0.55, 0.016, 86),
        (0.150, 0.062, 0.0300),
        (
            ((0.62, 0.60, 0.56), (0.016, 0.014, 0.013)),
            ((0.60, 0.56, 0.50), (0.20, 0.075, 0.030)),
            ((0.24, 0.095, 0.040), (0.60, 0.56, 0.50)),
            ((0.018, 0.016, 0.015), (0.62, 0.60, 0.56)),
            ((0.42, 0.30, 0.18), (0.40, 0.28, 0.17)),
        ),
        "patches",
    ),
    "horse": Species(
        (1.40, 1.72),
        0.84,
        0.77,
        0.62,
        (0.18, 0.25, 0.19, 0.11),
        (0.25, 0.27, 0.26, 0.11),
        0.100,
        0.225,
        0.205,
        0.195,
        0.78,
        0.02,
        (0.52, 46, 0.155, 0.090),
        (0.38, 42, 0.088, 0.056),
        (0.11, 0.026, 72),
        (0.50, 0.045, 80),
        (0.145, 0.058, 0.0235),
        (
            ((0.13, 0.050, 0.022), (0.012, 0.010, 0.009)),
            ((0.19, 0.072, 0.026), (0.20, 0.075, 0.028)),
            ((0.020, 0.016, 0.014), (0.010, 0.009, 0.009)),
            ((0.46, 0.44, 0.42), (0.30, 0.29, 0.28)),
            ((0.45, 0.27, 0.11), (0.62, 0.56, 0.44)),
        ),
    ),
    "dog": Species(
        (0.40, 0.70),
        0.80,
        0.76,
        0.60,
        (0.22, 0.26, 0.13, 0.08),
        (0.25, 0.28, 0.18, 0.08),
        0.120,
        0.225,
        0.165,
        0.175,
        0.76,
        0.0,
        (0.32, 44, 0.145, 0.110),
        (0.38, 16, 0.125, 0.062),
        (0.17, 0.060, -50),
        (0.48, 0.038, -20),
        (0.125, 0.054, 0.0350),
        (
            ((0.40, 0.22, 0.085), (0.55, 0.42, 0.26)),
            ((0.020, 0.018, 0.017), (0.28, 0.13, 0.045)),
            ((0.55, 0.50, 0.43), (0.62, 0.58, 0.52)),
            ((0.19, 0.095, 0.045), (0.26, 0.15, 0.08)),
        ),
        paws=True,
    ),
    "boar": Species(
        (0.70, 1.00),
        0.86,
        0.64,
        0.50,
        (0.16, 0.22, 0.13, 0.08),
        (0.21, 0.20, 0.18, 0.08),
        0.120,
        0.330,
        0.260,
        0.230,
        0.68,
        0.05,
        (0.24, -4, 0.285, 0.210),
        (0.50, 26, 0.165, 0.062),
        (0.15, 0.060, 62),
        (0.30, 0.022, 78),
        (0.140, 0.070, 0.0330),
        (((0.050, 0.038, 0.030), (0.095, 0.075, 0.058)), ((0.085, 0.062, 0.045), (0.13, 0.105, 0.080))),
    ),
}
SPECIES_NAMES = (*SPECIES, "elk")  # the elk of Europe is the moose of America
