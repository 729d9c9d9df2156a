"""Progress goes to stderr: one line that is rewritten on a terminal, few lines elsewhere, with the time left."""

from __future__ import annotations

import io
import sys
import time

import pytest

from abound.core.progress import Lines, Silent


class Screen(io.StringIO):
    """A text stream that is or is not a terminal."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        return self.tty


class Clock:
    """A clock that tests set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tty: bool) -> None:
        self.now, self.screen = 1000.0, Screen(tty)
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(sys, "stderr", self.screen)

    def shown(self) -> str:
        return self.screen.getvalue()


def test_elsewhere_a_line_every_ten_seconds_and_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines = Clock(monkeypatch, tty=False), Lines()
    for i in range(41):
        lines.step("prove", i, 40)
        clock.now += 1
    assert clock.shown().splitlines() == [
        "prove: 0/40",
        "prove: 10/40, about 30 s left",
        "prove: 20/40, about 20 s left",
        "prove: 30/40, about 10 s left",
        "prove: 40/40 done in 40 s",
    ]
    assert "\r" not in clock.shown()


def test_on_a_terminal_one_line_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines = Clock(monkeypatch, tty=True), Lines()
    lines.step("fit", 1, 3)
    clock.now += 0.05
    lines.step("fit", 2, 3)
    clock.now += 1
    lines.step("fit", 3, 3)
    assert clock.shown() == "\r\x1b[Kfit: 1/3, about 0.0 s left\r\x1b[Kfit: 3/3 done in 1 s\n"


def test_a_note_does_not_mix_with_the_open_line(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines = Clock(monkeypatch, tty=True), Lines()
    lines.step("fit", 1, 0)
    lines.note("a note")
    assert clock.shown() == "\r\x1b[Kfit: 1\r\x1b[Ka note\n"


def test_an_unknown_total_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines = Clock(monkeypatch, tty=False), Lines()
    for i in range(3):
        lines.step("read", i, 0)
        clock.now += 20
    assert clock.shown().splitlines() == ["read: 0", "read: 1", "read: 2"]


@pytest.mark.parametrize(("seconds", "text"), [(0.42, "0.4 s"), (60, "60 s"), (600, "10 min"), (7200, "2.0 h")])
def test_durations_are_in_units_that_a_person_reads(
    seconds: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, lines = Clock(monkeypatch, tty=False), Lines()
    lines.step("x", 0, 1)
    clock.now += seconds
    lines.step("x", 1, 1)
    assert clock.shown().splitlines()[-1] == f"x: 1/1 done in {text}"


def test_a_stage_that_runs_again_starts_its_clock_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, lines = Clock(monkeypatch, tty=False), Lines()
    for _ in range(2):
        lines.step("x", 0, 1)
        clock.now += 5
        lines.step("x", 1, 1)
    assert clock.shown().count("done in 5 s") == 2


def test_silent_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    Silent().step("x", 1, 2)
    Silent().note("x")
    assert capsys.readouterr() == ("", "")
