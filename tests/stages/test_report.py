"""The report: right figures, nothing that runs or loads, nothing small in the shareable copy, equal bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from abound.core.audit import Audit
from abound.core.plan import Plan
from abound.core.study import Remedy
from abound.errors import InputError
from abound.formats.facts import Facts
from abound.formats.html import page
from abound.formats.wording import MINUS, verdict_sentence
from abound.stages.report import report, write
from tests.formats.made_up import FIGURES, HOSTILE, gaps, report_inputs, study

TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "footer", "h1", "h2",
    "h3", "p", "a", "span", "strong", "bdi", "ul", "li", "dl", "dt", "dd", "div", "figure", "figcaption", "details",
    "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "pre",
    "svg", "desc", "line", "text", "rect", "circle", "polygon", "path",
}  # fmt: skip
VOID = {"meta"}


def frames() -> dict[str, pl.DataFrame]:
    made = pl.DataFrame(
        {"age": [61, 44], "referral": ["zebra", None], "class": ["negative"] * 2, "_origin": ["synthetic"] * 2}
    )
    return {"synthetic": made, "nearest": made.with_columns(pl.col("age") + 1), "real": made.head(1)}


def facts(verdict: str = "helps", **more: Any) -> Facts:
    """What `report` would write, read back from its JSON."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        paths = report(out=Path(folder), **report_inputs(verdict, **more))  # type: ignore[arg-type]
        return Facts.from_json(paths["report.json"].read_bytes())


class Reader(HTMLParser):
    """Collects elements, checks nesting, and keeps the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("hostile", [False, True])
def test_the_page_runs_and_loads_nothing(hostile: bool) -> None:
    text = page(facts(hostile=hostile, examples=frames()))
    read = Reader(text)
    assert {tag for tag, _ in read.seen} <= TAGS
    for tag, attributes in read.seen:
        assert not {"src", "style", "srcset", "action", "background"} & set(attributes), tag
        assert not [a for a in attributes if a.startswith("on")]
        href = attributes.get("href")
        assert href is None or (tag == "a" and href.startswith("#"))
    assert "url(" not in text
    assert "@import" not in text
    if hostile:
        assert read.text.count("<script>") > 20  # there, as text


def test_the_policy_allows_the_stylesheet_and_nothing_else() -> None:
    text = page(facts())
    style = re.search(r"<style>(.*?)</style>", text, flags=re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for t, a in Reader(text).seen if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("hostile", [False, True])
def test_charts_are_well_formed_and_ids_are_unique(hostile: bool) -> None:
    text = page(facts(hostile=hostile))
    charts = re.findall(r"<svg xmlns.*?</svg>", text, flags=re.S)
    assert len(charts) >= 9
    for chart in charts:
        ET.fromstring(chart)
    ids = [a["id"] for _, a in Reader(text).seen if "id" in a]
    assert len(set(ids)) == len(ids)
    for _, a in Reader(text).seen:
        for name in ("aria-labelledby",):
            assert set((a.get(name) or "").split()) <= set(ids)
        assert (a.get("href") or "#verdict")[1:] in ids


@pytest.mark.parametrize("verdict", sorted(FIGURES))
def test_the_verdict_is_first_and_its_numbers_are_those_of_the_study(verdict: str) -> None:
    one = facts(verdict)
    read = Reader(page(one)).text
    flat = re.sub(r"\s+", " ", read)
    sentence = verdict_sentence(one.study)
    assert sentence in flat
    order = ["Verdict", "Every arm on the test set", "Claims", "What this test set can show", "What the data lacks",
             "What was planned and made", "Audit of the synthetic rows", "What this report does not say",
             "Provenance"]  # fmt: skip
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", page(one))
    assert titles == order
    claim = study(verdict).claim  # type: ignore[arg-type]
    for value in (claim.difference, claim.low, claim.high):
        assert f"{value:+.3f}".replace("-", MINUS) in sentence


def test_the_four_outcomes_are_shown_with_equal_weight() -> None:
    for verdict in FIGURES:
        seen = Reader(page(facts(verdict))).seen
        items = [
            a["class"] or "" for t, a in seen if t == "li" and (a.get("class") or "").split()[:1] and "class" in a
        ]
        outcomes = [c for c in items if c.split()[0] in ("helps", "harms", "same", "unsure")]
        assert len(outcomes) == 4
        assert sum("given" in c for c in outcomes) == 1


def test_every_arm_claim_finding_and_skipped_thing_is_on_the_page() -> None:
    one = facts()
    flat = re.sub(r"\s+", " ", Reader(page(one)).text)
    for arm in one.study.arms:
        assert arm.arm.replace("_", " ") in flat
    assert "referral = WEST" in flat  # the slice that was lost
    assert "not enough evidence" in flat
    for finding in one.audit.findings:
        assert finding.sentence in flat
    for reason in (*one.study.skipped.values(), *one.audit.skipped.values(), *one.find_skipped.values()):
        assert reason in flat
    for line in (*one.study.warnings, *one.notes, *one.study.remedy.collect, one.command, one.test_digest):
        assert line in flat
    assert "opened 2 times" in flat
    assert "with 95 % intervals" in flat
    assert one.recipe.to_yaml() in Reader(page(one)).text  # line by line


def test_json_is_strict_and_comes_back_as_it_was(tmp_path: Path) -> None:
    made = study("not enough evidence")
    claim = made.claim.model_copy(update={"low": -math.inf, "high": math.inf})
    inputs = report_inputs() | {"study": made.model_copy(update={"claims": (claim,)})}
    text = report(out=tmp_path, **inputs)["report.json"].read_text()

    def refuse(word: str) -> None:
        raise AssertionError(word)

    data = json.loads(text, parse_constant=refuse)
    assert data["format"] == "abound.report"
    one = Facts.from_json(text)
    assert one.study.claim.low == -math.inf
    assert one.to_json() == text
    assert "no interval" in page(one)


def test_equal_inputs_give_equal_bytes_and_json_gives_the_page_again(tmp_path: Path) -> None:
    data = tmp_path / "mixed.parquet"
    frames()["synthetic"].write_parquet(data)
    a = report(out=tmp_path / "a", data=data, **report_inputs(examples=frames()))
    b = report(out=tmp_path / "b", data=data, **report_inputs(examples=frames()))
    assert sorted(a) == ["croissant.json", "data-card.md", "report.html", "report.json"]
    assert {n: p.read_bytes() for n, p in a.items()} == {n: p.read_bytes() for n, p in b.items()}
    again = write(Facts.from_json(a["report.json"].read_bytes()), tmp_path / "c")
    assert again["report.html"].read_bytes() == a["report.html"].read_bytes()


def test_the_manifest_describes_the_file(tmp_path: Path) -> None:
    data = tmp_path / "run" / "mixed rows.csv"
    data.parent.mkdir()
    frames()["synthetic"].write_csv(data)
    path = report(out=tmp_path / "run" / "report", data=data, **report_inputs())["croissant.json"]
    one = json.loads(path.read_text())
    assert one["distribution"][0]["sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert one["distribution"][0]["contentUrl"] == "../mixed%20rows.csv"
    assert one["distribution"][0]["encodingFormat"] == "text/csv"
    fields = [f["source"]["extract"]["column"] for f in one["recordSet"][0]["field"]]
    assert fields == ["age", "referral", "class", "_origin"]
    assert one["prov:wasDerivedFrom"][0]["@id"] == "urn:sha256:" + "cd" * 32
    with pytest.raises(InputError, match="neither Parquet nor CSV"):
        report(out=tmp_path / "x", data=tmp_path / "mixed.xlsx", **report_inputs())


def test_the_shareable_report_leaves_out_what_is_small(tmp_path: Path) -> None:
    data = tmp_path / "mixed.parquet"
    frames()["synthetic"].write_parquet(data)
    inputs = report_inputs(examples=frames(), data=data)
    open_ = {n: p.read_text() for n, p in report(out=tmp_path / "a", **inputs).items()}
    closed = {n: p.read_text() for n, p in report(out=tmp_path / "b", shareable=True, **inputs).items()}
    for secret in ("STMW", "secret-project", "only 2 rows", "zebra"):
        assert any(secret in text for text in open_.values()), secret
        assert not [name for name, text in closed.items() if secret in text], secret
    one = Facts.from_json(closed["report.json"])
    assert [g.support for g in one.gaps] == [61, None, None, None, 84]
    assert one.gaps[2].where == "referral = WEST and sex = M"  # both parts are common
    assert one.gaps[3].slice is None
    assert one.plan.orders[1].where == one.gaps[3].where
    assert len(one.study.claims) == 1  # four positives
    assert all(not f.rows and not f.details for f in one.audit.findings)
    columns = one.data_schema.main_table.columns
    assert all(c.low is None and c.high is None for c in columns)
    assert columns[3].domain is None
    assert columns[6].domain == ("negative", "hypothyroid")
    flat = Reader(closed["report.html"]).text
    assert "fewer than 5" in flat
    for line in one.suppressed:
        assert line in flat


def test_a_small_rarest_class_is_not_counted_out_loud(tmp_path: Path) -> None:
    inputs = report_inputs()
    power = inputs["power"].model_copy(update={"rare_units": 3, "sentence": "The test set holds 3 rows."})
    made = inputs["study"].model_copy(update={"power": "The test set holds 3 rows."})
    main = made.claim.model_copy(update={"positives": 3, "sentence": "3 of the class"})
    made = made.model_copy(update={"claims": (main,)})
    inputs |= {"power": power, "study": made}
    text = report(out=tmp_path, shareable=True, **inputs)["report.json"].read_text()
    assert "holds 3 rows" not in text
    assert "3 of the class" not in text
    assert Facts.from_json(text).power is None


def test_a_bare_result_still_makes_a_page(tmp_path: Path) -> None:
    use = Remedy(arm="real_only", sentence="Use the real rows.", versus_real=None)
    empty: dict[str, Any] = {"curve": (), "warnings": (), "skipped": {}, "arms": (), "remedy": use}
    made = study("no difference", metric="mae", larger_is_better=False, **empty)
    claim = made.claim.model_copy(update={"positives": None, "metric": "mae", "difference": 0.0})
    inputs = report_inputs() | {
        "study": made.model_copy(update={"claims": (claim,), "purpose": "replace", "preliminary": True}),
        "gaps": [], "plan": Plan(), "audit": Audit(), "found_skipped": {}, "notes": (), "seconds": {},
        "digests": {},
    }  # fmt: skip
    flat = Reader(report(out=tmp_path, **inputs)["report.html"].read_text()).text
    assert "Preliminary" in flat
    assert "found no gap" in flat
    assert "No check produced a finding" in flat
    assert "positive is better" in flat


def test_long_lists_and_long_names_stay_below_the_limit(tmp_path: Path) -> None:
    long = "&" * 50_000
    inputs = report_inputs()
    many = [g.model_copy(update={"reason": long, "support": i}) for i, g in enumerate(gaps() * 400)]
    findings = tuple(f.model_copy(update={"sentence": long}) for f in inputs["audit"].findings * 100)
    claims = tuple(c.model_copy(update={"name": long}) for c in inputs["study"].claims * 100)
    arms = tuple(a.model_copy(update={"description": long, "arm": f"{i}{long}"})
                 for i, a in enumerate(inputs["study"].arms * 50))  # fmt: skip
    inputs |= {
        "gaps": many, "audit": Audit(findings=findings), "title": long,
        "study": inputs["study"].model_copy(update={"claims": claims, "arms": arms}),
    }  # fmt: skip
    paths = report(out=tmp_path, **inputs)
    assert paths["report.html"].stat().st_size < 2_000_000
    assert len(Facts.from_json(paths["report.json"].read_bytes()).gaps) == len(many)
    assert "The first 40 of 2,000 lines" in paths["report.html"].read_text()


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_enough_contrast_in_light_and_dark() -> None:
    style = re.search(r"<style>(.*?)</style>", page(facts()), flags=re.S)
    assert style is not None
    themes = re.findall(r":root \{(.*?)\}", style[1], flags=re.S)[:2]
    for theme in themes:
        colour = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for ground in ("paper", "page", "wash"):
            for ink in ("ink", "soft", "helps", "harms", "same", "unsure", "link"):
                assert contrast(colour[ink], colour[ground]) >= 4.5, (ink, ground)
        for shape in ("candidate", "control", "reference"):
            assert contrast(colour[shape], colour["paper"]) >= 3.0
            assert contrast(colour[shape], colour["band"]) >= 3.0


@pytest.mark.slow
@pytest.mark.browser
def test_hostile_names_do_not_run_in_a_browser(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    path = report(out=tmp_path, **report_inputs(hostile=True))["report.html"]
    control = tmp_path / "control.html"
    control.write_text(f"<!DOCTYPE html><html lang=en><body>{HOSTILE}</body></html>")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    flags += " --disable-component-update --disable-quic"

    def opened(file: Path) -> str:
        command = [
            browser,
            *flags.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"file://{file}",
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    ran = re.compile(r'<html[^>]* ran="1"')
    assert ran.search(opened(control))  # the payload works where nothing stops it
    assert not ran.search(opened(path))
