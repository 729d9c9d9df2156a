"""What people wear, and in which colours: names, and draws of what was not asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from abound.errors import InputError, UnknownName, did_you_mean
from abound.render.mesh import Colour, Material

TOPS = ("t-shirt", "shirt", "jacket", "coat", "hoodie", "dress")
BOTTOMS = ("trousers", "jeans", "shorts", "skirt")
HATS = ("beanie", "cap", "brim", "helmet", "full helmet")
EXTRAS = ("vest", "hood", *HATS, "backpack", "bag", "umbrella", "phone")
CLOTHES = (*TOPS, *BOTTOMS, *EXTRAS)
HAIR_STYLES = ("short", "long", "tail", "bun", "none")
PARTS = ("top", "bottom", "skin", "hair", "shoes", *EXTRAS)

# Linear reflectances. Skin from very light to very dark, in six steps like those of Fitzpatrick's scale; measured
# ones lie in this range (Cooksey, Allen and Tsai 2017, "Reference data set of human skin reflectance").
SKINS: tuple[Colour, ...] = (
    (0.62, 0.42, 0.33), (0.54, 0.34, 0.25), (0.42, 0.25, 0.165),
    (0.29, 0.160, 0.095), (0.165, 0.085, 0.050), (0.075, 0.040, 0.026),
)  # fmt: skip
HAIRS: dict[str, Colour] = {
    "black": (0.012, 0.011, 0.011), "brown": (0.055, 0.030, 0.017), "blond": (0.42, 0.28, 0.12),
    "red": (0.21, 0.065, 0.022), "grey": (0.30, 0.30, 0.30), "white": (0.62, 0.61, 0.58),
}  # fmt: skip
DYES: dict[str, Colour] = {
    "black": (0.018, 0.018, 0.020), "white": (0.78, 0.78, 0.76), "grey": (0.21, 0.21, 0.22),
    "red": (0.50, 0.025, 0.028), "dark red": (0.19, 0.012, 0.020), "blue": (0.030, 0.10, 0.46),
    "navy": (0.016, 0.025, 0.085), "light blue": (0.26, 0.47, 0.70), "green": (0.035, 0.26, 0.065),
    "dark green": (0.018, 0.085, 0.035), "yellow": (0.78, 0.58, 0.035), "orange": (0.75, 0.21, 0.020),
    "pink": (0.75, 0.27, 0.40), "purple": (0.18, 0.045, 0.30), "brown": (0.13, 0.065, 0.032),
    "beige": (0.52, 0.42, 0.29), "khaki": (0.23, 0.20, 0.10), "turquoise": (0.035, 0.42, 0.42),
    "fluorescent yellow": (0.72, 1.0, 0.040), "fluorescent orange": (1.0, 0.26, 0.030),
}  # fmt: skip
FOR_CHILDREN = ("red", "light blue", "green", "yellow", "orange", "pink", "turquoise", "blue", "white")


def wardrobe(rng: np.random.Generator, woman: bool, child: bool, asked: Sequence[str] | None) -> tuple[str, ...]:
    """Clothes as asked, with a top and a bottom drawn where none is named; all drawn where nothing is asked.

    Raises:
        UnknownName: a garment that is not in CLOTHES.
        InputError: two tops or two bottoms at once.
    """
    worn = list(asked or ())
    for name in worn:
        if name not in CLOTHES:
            raise UnknownName(f"No garment is called {name!r}; {did_you_mean(name, CLOTHES)}")
    for what, names in (("tops", TOPS), ("bottoms", BOTTOMS), ("hats", HATS)):
        both = [n for n in worn if n in names]
        if len(both) > 1:
            raise InputError(f"A person wears one of the {what}, not {' and '.join(both)}; leave one out.")
    if not set(worn) & set(TOPS):
        chance = {"t-shirt": 0.28, "shirt": 0.17, "jacket": 0.27, "coat": 0.10, "hoodie": 0.12, "dress": 0.06}
        chance["dress"] *= 2.0 * woman * (not set(worn) & set(BOTTOMS))
        worn.insert(0, _drawn(rng, chance))
    if not set(worn) & set(BOTTOMS) and "dress" not in worn:
        cold = "coat" in worn or "jacket" in worn
        chance = {
            "trousers": 0.45,
            "jeans": 0.40,
            "shorts": (0.15 + 0.35 * child) * (not cold),
            "skirt": 0.20 * woman,
        }
        worn.insert(1, _drawn(rng, chance))
    if asked is None:
        for name, share in (
            ("backpack", 0.16 + 0.4 * child),
            ("bag", 0.12 * (not child)),
            ("cap", 0.07 + 0.18 * child),
            ("beanie", 0.05),
        ):
            if rng.random() < share and not (name in HATS and set(worn) & {"hood", *HATS}):
                worn.append(name)
    return tuple(worn)


def hair_style(rng: np.random.Generator, woman: bool, child: bool, asked: str | None) -> str:
    """A hair style as asked, or drawn."""
    if asked is not None:
        if asked not in HAIR_STYLES:
            raise UnknownName(f"No hair is called {asked!r}; {did_you_mean(asked, HAIR_STYLES)}")
        return asked
    if woman:
        return _drawn(rng, {"short": 0.2, "long": 0.45, "tail": 0.22, "bun": 0.13})
    return _drawn(rng, {"short": 0.88, "none": 0.12 * (not child) + 1e-9})


def _drawn(rng: np.random.Generator, chance: Mapping[str, float]) -> str:
    weight = np.array([float(w) for w in chance.values()])
    return list(chance)[int(rng.choice(len(weight), p=weight / weight.sum()))]


def colour_of(asked: str | Colour | float, names: Mapping[str, Colour]) -> Colour:
    """Linear red, green, blue of a name or of three numbers.

    Raises:
        UnknownName: no colour has that name.
        InputError: not three numbers from 0 to 1.
    """
    if isinstance(asked, str):
        if asked not in names:
            raise UnknownName(f"No colour of clothes is called {asked!r}; {did_you_mean(asked, names)}")
        return names[asked]
    values = np.asarray(asked, float)
    if values.shape != (3,) or not ((values >= 0) & (values <= 1)).all():
        raise InputError(
            f"A colour is a name or three numbers from 0 to 1 (linear red, green, blue), not {asked!r}."
        )
    return float(values[0]), float(values[1]), float(values[2])


def skin_tone(share: float) -> Colour:
    """Skin between the lightest (0) and the darkest (1)."""
    at = np.linspace(0.0, 1.0, len(SKINS))
    r, g, b = (float(np.interp(share, at, [s[k] for s in SKINS])) for k in range(3))
    return r, g, b


BRIGHT = {
    "white": 0.14, "grey": 0.10, "black": 0.12, "navy": 0.10, "red": 0.09, "blue": 0.09, "light blue": 0.08,
    "green": 0.05, "yellow": 0.05, "orange": 0.03, "pink": 0.04, "beige": 0.05, "dark red": 0.03, "khaki": 0.03,
}  # fmt: skip
DARK = {
    "black": 0.24, "navy": 0.22, "grey": 0.20, "brown": 0.08, "beige": 0.12, "khaki": 0.08, "white": 0.03,
    "dark green": 0.03,
}  # fmt: skip
CHANCES: dict[str, dict[str, float]] = {  # how often a part has a colour where none is asked
    "top": BRIGHT,
    "bottom": DARK,
    "shoes": {"black": 4, "white": 3, "brown": 2, "grey": 1},
    "vest": {"fluorescent yellow": 7, "fluorescent orange": 3},
    "umbrella": {**BRIGHT, "black": 0.4},
}


def palette(
    rng: np.random.Generator, asked: Mapping[str, str | Colour | float], dress: Sequence[str]
) -> dict[str, Material]:
    """A material for each part in PARTS: colours as asked, the others drawn."""
    for name in asked:
        if name not in PARTS:
            raise UnknownName(f"No part of a dressed person is called {name!r}; {did_you_mean(name, PARTS)}")
    out = _skin_and_hair(rng, asked)
    for part in PARTS:
        if part not in out:
            dye = _drawn(rng, CHANCES.get(part, {**DARK, "red": 0.1, "blue": 0.1}))
            out[part] = cloth(colour_of(asked.get(part, dye), DYES))
    worn = float(rng.random())
    if "jeans" in dress:
        own = out["bottom"].colour if "bottom" in asked else _mixed(DYES["navy"], (0.10, 0.16, 0.30), 0.8 * worn)
        out["bottom"] = Material(own, 0.9, pattern="denim", second=_mixed(own, (0.4, 0.5, 0.6), 0.3))
    if "top" not in asked and set(dress) & {"shirt", "t-shirt"} and rng.random() < 0.3:
        other = DYES[_drawn(rng, {"white": 3, "navy": 2, "grey": 1, "black": 1, "red": 1})]
        pattern = "stripes" if "t-shirt" in dress else "plaid"
        out["top"] = out["top"]._replace(pattern=pattern, second=other, scale=0.4 if pattern == "stripes" else 1.0)
    out["shoes"] = out["shoes"]._replace(roughness=0.5, pattern="plain")
    return out


def _skin_and_hair(rng: np.random.Generator, asked: Mapping[str, str | Colour | float]) -> dict[str, Material]:
    """Skin and hair as asked or drawn; dark skin goes with dark hair where neither is asked."""
    share, name = float(rng.random()), _drawn(rng, {"black": 4, "brown": 4, "blond": 2, "red": 0.4, "grey": 1})
    tone = asked.get("skin", share)
    steps = {str(k + 1): s for k, s in enumerate(SKINS)}
    if isinstance(tone, int | float):
        skin = skin_tone(float(np.clip(tone, 0, 1)))
        name = "black" if tone > 0.62 and name in ("blond", "red") else name
    else:
        skin = colour_of(tone, steps)
    hair = colour_of(asked.get("hair", name), HAIRS)
    return {
        "skin": Material(skin, 0.55, pattern="skin", second=_mixed(skin, (0.45, 0.10, 0.08), 0.3), contrast=0.6),
        "hair": Material(hair, 0.45, pattern="hair", second=_mixed(hair, (1.0, 0.9, 0.8), 0.15)),
    }


def cloth(colour: Colour) -> Material:
    """Woven cloth."""
    return Material(colour, 0.9, pattern="cloth", second=_mixed(colour, (0.0, 0.0, 0.0), 0.35))


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    r, g, c = (float((1 - share) * x + share * y) for x, y in zip(a, b, strict=True))
    return r, g, c
