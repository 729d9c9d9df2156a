"""The page in a real browser: answered by keyboard, reloaded, saved, read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abound.formats.inspection_answers import KEY
from abound.stages.inspect import inspect, judge
from tests.browser import Page, chromium
from tests.formats.test_inspection_pictures import folders  # noqa: F401
from tests.planted import mixed_table

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEXT = "document.getElementById('text').value"
SHOWN = "JSON.parse(document.getElementById('data').textContent).items"


def saved(page: Page, folder: Path, name: str) -> Path:
    """The file that the button saves, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.click("#finish")
    page.click("#save")
    for _ in range(400):
        if (folder / name).is_file() and (folder / name).read_text():
            return folder / name
        page.call("Runtime.evaluate", expression="new Promise(r => setTimeout(r, 25))", awaitPromise=True)
    raise AssertionError(f"{name} was not saved: {sorted(p.name for p in folder.iterdir())}")


def test_a_rater_with_a_keyboard(tmp_path: Path) -> None:
    made = inspect(mixed_table(200, seed=0), mixed_table(200, seed=1), out=tmp_path / "page", items=20)
    key = json.loads((tmp_path / "page" / KEY).read_text())["items"]
    with chromium(made.page, tmp_path) as page:
        page.click("#judge")
        page.value("document.getElementById('rater').focus()")
        page.call("Input.insertText", text="Anna B.")
        page.press("Enter")
        items = [i["item"] for i in page.value(SHOWN)]
        for item in items[:9]:
            page.press("r" if key[item]["truth"] == "real" else "s")
        # Back twice, that answer changed, its label called wrong, and forward to the first open item.
        page.press("ArrowLeft")
        page.press("ArrowLeft")
        page.press("l")
        flipped = "s" if key[items[7]]["truth"] == "real" else "r"
        page.press(flipped)
        page.press("ArrowRight")
        assert page.value("document.getElementById('place').textContent") == "Item 10 of 20"
        assert page.value("document.getElementById('count').textContent") == "9 answered"
        page.press("x")
        page.press("9")
        # What was answered outlives the page.
        page.open(made.page)
        assert page.dialogs == ["beforeunload"]
        assert page.value("document.getElementById('count').textContent") == "9 answered"
        for item in items[9:]:
            page.press("r" if key[item]["truth"] == "real" else "s")
        assert page.value("document.getElementById('done').textContent") == "All 20 answered"
        text = page.value(TEXT)
        file = saved(page, tmp_path / "saved", "answers-Anna-B.json")
        assert file.read_text() == text
        assert page.console == []
    given = json.loads(text)
    assert [a["item"] for a in given["answers"]] == items
    assert [a["label"] for a in given["answers"]] == ["wrong" if i == 7 else "right" for i in range(20)]
    audit, notes = judge(tmp_path / "page", [file])
    assert audit.findings[0].details["right"] == 19
    assert notes == ()


def test_pairs_by_keyboard_and_by_finger(tmp_path: Path) -> None:
    made = inspect(
        mixed_table(200, seed=0), mixed_table(200, seed=1), out=tmp_path / "page", items=6, two_choice=True
    )
    key = json.loads((tmp_path / "page" / KEY).read_text())["items"]
    with chromium(made.page, tmp_path) as page:
        page.click("#begin")
        items = [i["item"] for i in page.value(SHOWN)]
        for i, item in enumerate(items):
            choice = key[item]["truth"]
            page.press(choice) if i % 2 else page.click("#first" if choice == "a" else "#second")
        file = tmp_path / "unnamed.json"
        file.write_text(page.value(TEXT))
        assert page.console == []
    audit, _ = judge(tmp_path / "page", [file])
    assert (audit.findings[0].details["right"], audit.findings[0].details["answers"]) == (6, 6)


def test_pictures_are_shown_and_nothing_foreign_runs(tmp_path: Path, folders) -> None:  # noqa: F811
    made = inspect(*folders, out=tmp_path / "page", items=8)
    with chromium(made.page, tmp_path) as page:
        page.click("#begin")
        sizes = set()
        for _ in range(8):
            page.wait("document.querySelector('.card img').complete")
            sizes.add(page.value("[document.querySelector('.card img').naturalWidth].join()"))
            page.press("r")
        assert sizes == {"213"}
        # The page's own policy stops scripts, styles and addresses that it did not bring along.
        page.value(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran=1'}))"
        )
        assert page.value("window.ran") is None
        page.value("document.body.append(Object.assign(new Image(), {src: 'file:///etc/hostname'}))")
        page.wait("true")
        assert any("Content Security Policy" in line for line in page.console)


def test_a_phone_sees_everything_without_scrolling_sideways(tmp_path: Path) -> None:
    made = inspect(mixed_table(200, seed=0), mixed_table(200, seed=1), out=tmp_path / "page", items=6)
    with chromium(made.page, tmp_path) as page:
        page.call("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
        wide = "document.documentElement.scrollWidth <= 360"
        assert page.value(wide)
        page.click("#begin")
        assert page.value(wide)
        place = "document.getElementById('second').getBoundingClientRect()"
        assert page.value(f"(r => r.bottom <= 640 && r.left >= 0 && r.right <= 360)({place})")
        page.click("#finish")
        assert page.value(wide)
