"""Charts: well-formed, numbers in their descriptions, marks where the values are."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest

from abound.formats.charts import Bar, Level, Point, curve, forest, gap_bars, strip, verdict_line
from abound.formats.svg import Scale, element, fit, places_of, ticks
from tests.formats.made_up import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def parts(chart: str) -> tuple[ET.Element, str, str]:
    root = ET.fromstring(chart)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    return root, title.text or "", desc.text or ""


def the_line(low: float, high: float) -> str:
    return verdict_line(
        difference=(low + high) / 2 if math.isfinite(low + high) else 0.2, low=low, high=high, margin=0.01,
        control="class weights", name="v", title="t",
    )  # fmt: skip


def all_charts(name: str) -> list[str]:
    bar = Bar(name, "best", 0.5, 0.4, 0.6)
    return [
        forest([bar, Bar(name, "reference", 0.1, None, None)], name="f", title=name, signed=True),
        gap_bars([Level(name, None, 20), Level(name, 3, 0)], name="g", title=name),
        strip(value=1.0, low=None, high=None, reference=2.0, limit=3.0, band=(1.5, 2.5), name="s", title=name),
        curve([Point(name, 0.5, 0.4, 0.6), Point(name, math.nan, None, None)], name="c", title=name),
    ]


@pytest.mark.parametrize("name", ["plain", HOSTILE, "x" * 100_000, "", "\ud800\uffff\x0b"])
def test_every_chart_is_well_formed_xml_whatever_the_names(name: str) -> None:
    for chart in all_charts(name):
        root, *_ = parts(chart)
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            "svg", "title", "desc", "line", "text", "rect", "circle", "polygon",
        }  # fmt: skip
        assert len(chart) < 20_000


def test_descriptions_hold_the_numbers() -> None:
    bars = [Bar("mixed", "candidate", 0.0531, 0.0428, 0.0624), Bar("smote", "control", -0.01, None, None)]
    _, _, desc = parts(forest(bars, name="f", title="t", signed=True))
    assert desc == "mixed: +0.053 (+0.043 to +0.062); smote: −0.010 (no interval)"
    _, _, desc = parts(the_line(-0.02, 0.04))
    assert "difference +0.010, interval −0.020 to +0.040" in desc
    assert "class weights" in desc
    _, _, desc = parts(gap_bars([Level("sex = F", 12, 60), Level("sex = M", None, 9)], name="g", title="t"))
    assert desc == "sex = F: 12 of 60 rows; sex = M: fewer than 5 of 9 rows"
    _, _, desc = parts(
        strip(value=0.121, low=0.1, high=0.14, reference=0.062, limit=0.1, band=None, name="s", title="t")
    )
    assert desc == "synthetic 0.121, interval 0.100 to 0.140, real rows 0.062, limit 0.100"


def test_a_mark_stands_at_its_value_and_inside_its_whisker() -> None:
    root, *_ = parts(the_line(-0.02, 0.04))
    whisker = root.findall(f"{SVG}line[@class='whisker thick']")[0]
    x1, x2 = float(whisker.get("x1", "")), float(whisker.get("x2", ""))
    points = root.find(f"{SVG}polygon")
    assert points is not None
    middle = float(points.get("points", "").split(",")[0])
    assert middle == pytest.approx((x1 + x2) / 2, abs=0.02)
    zero = root.find(f"{SVG}line[@class='zero']")
    assert zero is not None
    assert float(zero.get("x1", "")) == pytest.approx(x1 + (x2 - x1) / 3, abs=0.02)
    band = root.find(f"{SVG}rect[@class='band']")
    assert band is not None
    assert float(band.get("width", "")) == pytest.approx((x2 - x1) / 3, abs=0.02)


def test_a_bar_is_as_long_as_the_share_that_is_there() -> None:
    root, *_ = parts(gap_bars([Level("a", 15, 60)], name="g", title="t"))
    widths = {r.get("class"): float(r.get("width", "")) for r in root.findall(f"{SVG}rect")}
    assert widths["have"] / widths["wanted"] == pytest.approx(0.25, abs=0.01)


def test_marks_of_different_roles_have_different_shapes() -> None:
    shapes = set()
    for kind in ("candidate", "control", "best", "reference"):
        root, *_ = parts(forest([Bar("a", kind, 0.5, None, None)], name="f", title="t", signed=False))
        found = [e.tag.removeprefix(SVG) for e in root if e.get("class") in _MARKS]
        shapes.add(tuple(found))
    assert len(shapes) == 4


_MARKS = {"mark candidate", "mark control", "mark reference", "ring"}


def test_an_interval_without_ends_is_drawn_to_the_edges() -> None:
    _, _, desc = parts(the_line(-math.inf, math.inf))
    assert "unbounded" in desc


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.70, 0.89), (-3e-6, 4e-6), (1e5, 9e6), (0.5, 0.5)])
def test_ticks_are_round_inside_and_told_apart(low: float, high: float) -> None:
    scale = fit([low, high], 0.0, 100.0)
    marks = ticks(scale)
    assert 2 <= len(marks) <= 7
    assert all(scale.low <= t <= scale.high for t in marks)
    shown = [f"{t:.{places_of(marks)}f}" for t in marks]
    assert len(set(shown)) == len(shown)


def test_a_scale_clips_what_lies_outside() -> None:
    scale = Scale(0.0, 1.0, 10.0, 20.0)
    assert [scale(v) for v in (-9.0, 0.5, 7.0, math.inf, -math.inf)] == [10.0, 15.0, 20.0, 20.0, 10.0]


def test_attributes_and_text_are_escaped() -> None:
    made = element("text", "<b>&", class_='a"b<', x=1.50)
    assert re.fullmatch(r"<text class='a\"b&lt;' x=\"1.5\">&lt;b&gt;&amp;</text>", made)
