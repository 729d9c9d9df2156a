"""The human body: lengths of its parts by stature, skeleton, and the tubes that shape it.

Lengths are shares of stature (Drillis and Contini 1966, in Winter 2009, "Biomechanics and Motor Control of Human
Movement", table 4.1). Children have larger heads and shorter legs: the head is 1/5 of the stature at two years, 1/6
at six, 1/7.7 grown up (Snyder et al. 1977, "Anthropometry of infants, children and youths", by way of
interpolation).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abound.render.mesh import Array
from abound.render.models.figure import Skeleton
from abound.render.models.surface import Tube

BONES = (
    "pelvis", "spine", "chest", "neck", "head",
    "left arm", "left forearm", "left hand", "right arm", "right forearm", "right hand",
    "left thigh", "left shank", "left foot", "left toes", "right thigh", "right shank", "right foot", "right toes",
)  # fmt: skip
PARENTS = (-1, 0, 1, 2, 3, 2, 5, 6, 2, 8, 9, 0, 11, 12, 13, 0, 15, 16, 17)
SIDES = (("left", 1.0), ("right", -1.0))


class Build(NamedTuple):
    """Stature and figure of a person, lengths in metres."""

    stature: float
    youth: float  # 0 grown up, 1 two years old
    woman: float  # 0 male, 1 female figure
    girth: float  # 1 average; .9 slim, 1.2 heavy
    head: float  # chin to crown
    shoulder: float  # height above ground
    hip: float
    knee: float
    ankle: float
    arm: float  # shoulder to elbow
    forearm: float

    @property
    def trunk(self) -> float:
        """Hip to shoulder."""
        return self.shoulder - self.hip


def build(stature: float, child: bool, woman: float, girth: float) -> Build:
    """Lengths of the parts of a person."""
    youth = float(np.clip((1.65 - stature) / 0.65, 0.0, 1.0)) if child else 0.0
    head = stature * (0.131 + 0.080 * youth)
    shoulder = stature - head - stature * (0.050 - 0.016 * youth)
    hip = stature * (0.525 - 0.05 * youth)
    return Build(
        stature,
        youth,
        woman,
        girth,
        head,
        shoulder,
        hip,
        0.538 * hip,
        0.042 * stature,
        stature * (0.183 - 0.018 * youth),
        stature * (0.146 - 0.014 * youth),
    )


def skeleton(b: Build) -> Skeleton:
    """Bones of a person who stands upright with hanging arms, palms inwards; ground at z = 0."""
    s, t = b.stature, b.trunk
    at = {
        "pelvis": (0.0, 0.0, b.hip),
        "spine": (-0.008 * s, 0.0, b.hip + 0.30 * t),
        "chest": (-0.010 * s, 0.0, b.hip + 0.55 * t),
        "neck": (-0.014 * s, 0.0, b.shoulder + 0.012 * s),
        "head": (0.004 * s, 0.0, b.stature - 0.72 * b.head),
    }
    for side, sign in SIDES:
        shoulder = (-0.008 * s, sign * s * (0.099 - 0.009 * b.woman), b.shoulder - 0.027 * s)
        hip_y, sole = sign * 0.050 * s, b.ankle
        at[f"{side} arm"] = shoulder
        at[f"{side} forearm"] = (shoulder[0], shoulder[1], shoulder[2] - b.arm)
        at[f"{side} hand"] = (shoulder[0], shoulder[1], shoulder[2] - b.arm - b.forearm)
        at[f"{side} thigh"] = (0.0, hip_y, b.hip)
        at[f"{side} shank"] = (0.0, hip_y, b.knee)
        at[f"{side} foot"] = (0.0, hip_y, sole)
        at[f"{side} toes"] = (0.062 * s, hip_y, 0.012 * s)
    return Skeleton(BONES, PARENTS, np.array([at[name] for name in BONES]))


def torso(b: Build, grow: float = 0.0) -> list[Tube]:
    """Pelvis to shoulders, `grow` metres larger than the skin."""
    s, t, w = b.stature, b.trunk, b.woman
    g = s * b.girth * (1.0 + 0.06 * b.youth)
    soft = 0.014 * s

    def r(*shares: float) -> tuple[float, ...]:
        return tuple(g * x + grow for x in shares)

    waist = 1.42 - 0.05 * w
    belly = 0.054 + 0.06 * (b.girth - 0.95) - 0.003 * w
    out = [
        Tube("chest", (0, 0, 0), (-0.002 * s, 0, 0.30 * t), r(0.060, 0.067 - 0.004 * w, 0.060), (1.40, 1.30, 1.26)),
        Tube(
            "spine",
            (0, 0, -0.01 * s),
            (0, 0, 0.28 * t),
            r(belly + 0.002, belly, 0.060),
            (1.44, waist, 1.40),
            blend=soft,
        ),
        Tube(
            "pelvis",
            (0, 0, -0.015 * s),
            (-0.004 * s, 0, 0.28 * t),
            r(0.058, 0.062, belly),
            (1.36 + 0.12 * w, 1.48 + 0.10 * w, 1.46),
            blend=soft,
        ),
        Tube(
            "chest",
            (-0.002 * s, 0.066 * s, 0.362 * t),
            (-0.002 * s, -0.066 * s, 0.362 * t),
            r(0.034, 0.042, 0.034),
            side=(1, 0, 0),
            blend=0.016 * s,
        ),
    ]
    for _, sign in SIDES:
        neck, tip = (-0.006 * s, sign * 0.016 * s, 0.480 * t), (-0.004 * s, sign * 0.080 * s, 0.378 * t)
        out.append(Tube("chest", neck, tip, r(0.024, 0.020, 0.022), blend=soft))
        seat = (-0.030 * s, sign * 0.043 * s, -0.010 * s)
        out.append(Tube("pelvis", seat, (seat[0], seat[1], seat[2] - 0.01 * s), r(0.049 + 0.003 * w), blend=soft))
        if w > 0.3 and b.youth < 0.2:
            bust = (0.042 * s, sign * 0.040 * s, 0.10 * t)
            out.append(Tube("chest", bust, (*bust[:2], bust[2] + 0.005), r(0.034 * w), blend=soft))
    return out


def neck(b: Build, grow: float = 0.0) -> list[Tube]:
    """The neck, from between the shoulders into the skull."""
    s = b.stature
    r = b.girth**0.5 * (0.0305 - 0.004 * b.woman) * s + grow
    return [Tube("neck", (-0.002 * s, 0, -0.035 * s), (0.004 * s, 0, 0.065 * s), (1.15 * r, r, r), blend=0.02 * s)]


def arm(b: Build, side: str, grow: float = 0.0, sleeve: bool = False) -> list[Tube]:
    """Upper arm and forearm; a sleeve keeps its width down to the wrist."""
    s = b.stature
    g = s * b.girth**0.8 * (1.0 - 0.08 * b.woman)

    def r(*shares: float) -> tuple[float, ...]:
        return tuple(g * x + grow for x in shares)

    upper = r(0.0315, 0.029, 0.026, 0.0235)
    lower = r(0.0235, 0.025, 0.023, 0.021) if sleeve else r(0.0235, 0.0245, 0.020, 0.0155)
    wrist = -b.forearm * (1.0 if sleeve else 0.99)
    return [
        Tube(f"{side} arm", (0, 0, -0.002 * s), (0, 0, -b.arm), upper, blend=0.020 * s),
        Tube(f"{side} forearm", (0, 0, 0), (0, 0, wrist), lower, blend=0.01 * s, flat=False),
    ]


def hand(b: Build, side: str, fist: float = 0.35) -> list[Tube]:
    """A hand with curled fingers and a thumb; `fist` 0 is flat, 1 grips."""
    s = b.stature * (1.0 + 0.04 * b.youth) * (1.0 - 0.06 * b.woman)
    inward = -1.0 if side == "left" else 1.0
    name, x = f"{side} hand", (1.0, 0.0, 0.0)
    bend = 2.0 * fist
    knuckle = np.array([0.0, 0.0, -0.052])
    middle = knuckle + 0.030 * np.array([0.0, inward * np.sin(bend * 0.6), -np.cos(bend * 0.6)])
    tip = middle + 0.024 * np.array([0.0, inward * np.sin(bend * 1.4), -np.cos(bend * 1.4)])

    def p(v: Array) -> tuple[float, float, float]:
        return float(s * v[0]), float(s * v[1]), float(s * v[2])

    return [
        Tube(name, (0, 0, 0.004 * s), p(knuckle), (0.0135 * s, 0.0115 * s, 0.0105 * s), (1.25, 2.0, 2.2), x),
        Tube(name, p(knuckle), p(middle), (0.0100 * s, 0.0085 * s), (2.3, 2.3), x, blend=0.006 * s),
        Tube(name, p(middle), p(tip), (0.0085 * s, 0.0070 * s), (2.3, 1.9), x, blend=0.006 * s),
        Tube(
            name,
            (0.012 * s, 0, -0.015 * s),
            (0.027 * s, inward * 0.010 * s, -0.050 * s),
            (0.0105 * s, 0.0085 * s, 0.0070 * s),
            blend=0.012 * s,
        ),
    ]


def leg(b: Build, side: str, grow: float = 0.0) -> list[Tube]:
    """Thigh, shank and calf."""
    s, w = b.stature, b.woman
    g = s * b.girth**0.8

    def r(*shares: float) -> tuple[float, ...]:
        return tuple(g * x + grow for x in shares)

    thigh, shank = b.hip - b.knee, b.knee - b.ankle
    return [
        Tube(
            f"{side} thigh",
            (0, 0, -0.01 * s),
            (0, 0, -thigh),
            r(0.053 + 0.002 * w, 0.050, 0.041, 0.034),
            blend=0.014 * s,
        ),
        Tube(
            f"{side} shank",
            (0, 0, 0),
            (-0.004 * s, 0, -shank),
            r(0.0325, 0.0330, 0.0300, 0.0220, 0.0185),
            blend=0.01 * s,
        ),
        Tube(
            f"{side} shank",
            (-0.012 * s, 0, -0.16 * shank),
            (-0.010 * s, 0, -0.42 * shank),
            r(0.021, 0.026, 0.019),
            blend=0.02 * s,
        ),
    ]


def shoe(b: Build, side: str, high: float = 0.0) -> list[Tube]:
    """A shoe; `high` metres of shaft make it a boot. To be cut flat at the sole, z = -ankle."""
    s, a = b.stature, b.ankle
    foot, toes = f"{side} foot", f"{side} toes"
    down, joint = 0.012 * s - a, 0.062 * s
    return [
        Tube(
            foot,
            (-0.022 * s, 0, 0.021 * s - a),
            (0.035 * s, 0, 0.018 * s - a),
            (0.0245 * s, 0.0235 * s),
            (1.0, 1.05),
        ),
        Tube(
            foot, (-0.004 * s, 0, 0.004 * s + high), (0.0, 0, -0.006 * s), (0.0235 * s, 0.0245 * s), blend=0.02 * s
        ),
        Tube(
            foot,
            (0.002 * s, 0, -0.012 * s),
            (joint, 0, 0.016 * s - a),
            (0.024 * s, 0.0215 * s, 0.0185 * s),
            blend=0.02 * s,
        ),
        Tube(
            toes,
            (-0.010 * s, 0, 0.016 * s - a - down),
            (0.036 * s, 0, 0.0115 * s - a - down),
            (0.0200 * s, 0.0180 * s, 0.0125 * s),
            (1.22, 1.35, 1.3),
            blend=0.015 * s,
        ),
    ]


def skull(b: Build) -> list[Tube]:
    """The head with a hint of a face; measured from the head's joint, .28 of its height above the chin."""
    h = b.head
    top = 0.72 * h  # crown above the joint

    def z(share: float) -> float:
        return top - share * h

    out = [
        Tube("head", (-0.105 * h, 0, z(0.305)), (0.10 * h, 0, z(0.315)), (0.305 * h, 0.305 * h), (1.08, 1.02)),
        Tube(
            "head",
            (0.115 * h, 0, z(0.40)),
            (0.175 * h, 0, z(0.85)),
            (0.26 * h, 0.225 * h, 0.13 * h),
            (1.06, 1.04, 1.1),
            blend=0.10 * h,
        ),
        Tube(
            "head",
            (-0.02 * h, 0, z(0.66)),
            (0.23 * h, 0, z(0.895)),
            (0.20 * h, 0.16 * h, 0.095 * h),
            (1.25, 1.2, 1.15),
            blend=0.08 * h,
        ),
    ]
    for _, sign in SIDES:
        eye = (0.425 * h, sign * 0.140 * h, z(0.50))
        out.append(Tube("head", eye, (eye[0], eye[1] * 1.15, eye[2]), (0.075 * h,), blend=0.07 * h, carve=True))
        ear = (-0.02 * h, sign * 0.325 * h, z(0.48))
        out.append(Tube("head", ear, (0.0, ear[1], z(0.64)), (0.062 * h, 0.04 * h), (0.55,), blend=0.02 * h))
    return out


def nose(b: Build) -> list[Tube]:
    """The nose, too small for the cells of the head."""
    h, wide = b.head, (0.030 - 0.006 * b.youth) * b.head

    def at(x: float, share: float) -> tuple[float, float, float]:
        return x * h, 0.0, (0.72 - share) * h

    bridge = Tube(
        "head", at(0.345, 0.48), at(0.400 - 0.02 * b.youth, 0.655), (0.8 * wide, wide, 1.5 * wide), (0.9, 1.2)
    )
    wings = Tube("head", at(0.360, 0.670), at(0.365, 0.675), (1.35 * wide,), (1.6,), blend=0.02 * h)
    return [bridge, wings]
