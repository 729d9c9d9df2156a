"""The command line as a whole: help, versions, exit codes, what goes where."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from abound import errors
from abound.cli.app import COMMANDS, RESUMES, guarded
from tests.cli.command import abound, small_table

COMMAND = [sys.executable, "-m", "abound"]
EVERY = [name for panel in COMMANDS.values() for name in panel]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_table(tmp_path_factory.mktemp("table"))


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from abound.cli.app import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "demo" in done.stdout
    assert not {"numpy", "polars", "sklearn", "scipy", "yaml"} & set(
        done.stderr.replace("'", "").strip("[]\n").split(", ")
    )


@pytest.mark.parametrize("name", EVERY)
def test_each_command_has_help(name: str) -> None:
    done = abound(name, "--help")
    assert done.code == 0
    assert "--json" in done.out


def test_version() -> None:
    import abound as package

    assert abound("--version").out == f"abound {package.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["read"], "DATA"),
        (["nothing"], "nothing"),
        (["run", "x.csv", "--quick", "--repeats", "3"], "not both"),
        (["run", "x.csv", "--train-rows", "many"], "many"),
        (["run", "x.csv", "--purpose", "release"], "should be"),
        (["run", "x.csv", "--seed", "-1"], "--seed"),
        (["plan", "x.csv", "-t", "y", "--purpose", "sell"], "sell"),
        (["generate", "x.csv", "-n", "3", "--out", "x.txt"], ".parquet"),
        (["generate", "x.csv", "-n", "3", "--out", "x.csv", "--param", "width"], "name=value"),
        (["list", "genrator"], "generator"),
        (["demo", "images"], "tables"),
        (["schema"], "--recipe"),
    ],
)
def test_wrong_usage_is_exit_2(words: list[str], said: str, table: Path) -> None:
    done = abound(
        *[str(table) if w == "x.csv" and words[0] != "generate" else w for w in words], folder=table.parent
    )
    assert done.code == 2, done.err
    assert said in done.err
    assert not done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["read", "nowhere.csv"], "nowhere.csv does not exist"),
        (["run", "table.csv", "--target", "diagnoses"], "did you mean 'diagnosis'?"),
        (["find", "table.csv", "--target", "texture"], ""),
        (["show", "table.csv"], "holds no finished run"),
        (["report", "nowhere"], "not a folder"),
        (["run", "nowhere.yaml"], "nowhere.yaml does not exist"),
        (["generate", "table.csv", "-n", "3", "-g", "copla", "-o", "x.csv"], "did you mean 'copula'?"),
        (["generate", "table.csv", "-n", "3", "-o", "x.csv", "--where", "colour = red"], "colour"),
        (["prove", "table.csv", "--split", "."], "not a split"),
        (["generate", "table.csv", "-n", "3", "-o", "table.csv"], "table.csv exists and is not overwritten"),
        (["mix", "table.csv", "--split", ".", "-o", "table.csv"], "table.csv exists and is not overwritten"),
        (
            ["generate", "table.csv", "-n", "3", "-o", "/proc/x.csv"],
            "cannot write /proc/x.csv: no file can be made",
        ),
        (["split", "table.csv", "-t", "diagnosis", "-o", "/proc/x"], "cannot write /proc/x/test: no file can"),
        (["split", "table.csv", "-t", "diagnosis", "-o", "table.csv"], "table.csv is a file: name a new folder"),
        (["run", "table.csv", "-t", "diagnosis", "-q", "-o", "a" * 300], "the name is too long"),
        (["report", "."], "holds no finished run: name the folder that abound run wrote"),
        (
            ["generate", "table.csv", "-t", "diagnosis", "-n", "3", "-o", "x.csv", "--where", "diagnosis = malig"],
            "did you mean 'malignant'?",
        ),
        (
            ["generate", "table.csv", "-n", "3000000000000", "-g", "marginals", "-o", "x.csv", "-q"],
            "and the disk has",
        ),
        (["generate", "table.csv", "-n", "9000000000", "-g", "marginals", "-o", "x.parquet", "-q"], "GB"),
    ],
)
def test_an_error_is_one_line_on_stderr(words: list[str], said: str, table: Path) -> None:
    done = abound(*words, folder=table.parent)
    if not said:
        assert done.code == 0
        return
    assert done.code in (1, 2)
    assert not done.out
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert said in last
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "cls", [c for c in vars(errors).values() if isinstance(c, type) and hasattr(c, "exit_code")]
)
def test_each_error_has_its_exit_code(cls: type[errors.AboundError], capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise cls("the file x is odd: write it again")

    with pytest.raises(typer.Exit) as ended:
        guarded(fail)()
    assert ended.value.exit_code == cls.exit_code
    assert capsys.readouterr().err == "error: the file x is odd: write it again\n"


def test_a_fault_of_abound_itself_is_not_hidden() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(fail)()


def test_ctrl_c_is_one_line_and_130(capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as ended:
        guarded(stop)()
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == "stopped; the same command starts from the beginning\n"
    assert {f.__name__ for f in RESUMES} == {"demo", "run"}


def test_an_error_of_the_system_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error", "table.csv")

    with pytest.raises(typer.Exit) as ended:
        guarded(fail)()
    assert ended.value.exit_code == 1
    err = capsys.readouterr().err
    assert err.startswith("error: table.csv: Input/output error: check that")
    assert err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_output_that_cannot_be_written_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "list", "engine"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the output: No space left on device")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m abound schema --recipe | head -c 1; echo \" ${{PIPESTATUS[0]}}\"",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout in ("{ 141\n", "{ 0\n")


def test_no_colour_where_it_goes_to_a_file() -> None:
    done = subprocess.run([*COMMAND, "list", "engine"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are a thing of POSIX")
@pytest.mark.parametrize("colour", [True, False])
def test_no_color_is_obeyed_on_a_terminal(colour: bool) -> None:
    import pty

    main, inner = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    env |= {} if colour else {"NO_COLOR": "1"}
    subprocess.run([*COMMAND, "list", "engine"], stdout=inner, stderr=subprocess.DEVNULL, env=env, check=True)
    os.close(inner)
    shown = os.read(main, 65_536).decode()
    os.close(main)
    assert ("\x1b[3" in shown) is False, "labels are bold, never coloured"
    assert "processes" in shown


def test_json_everywhere(table: Path) -> None:
    target = ["table.csv", "-t", "diagnosis"]
    lines = [
        ["read", *target], ["schema", *target], ["schema", "--recipe"], ["list"], ["list", "learner"], ["doctor"],
        ["find", *target, "-q"], ["plan", *target, "-q"], ["split", *target, "-o", "parts-json"],
        ["generate", *target, "-n", "20", "-g", "marginals", "-o", "json.parquet", "-q"],
    ]  # fmt: skip
    for words in lines:
        done = abound(*words, "--json", folder=table.parent)
        assert done.code == 0, done.err
        assert json.loads(done.out), words
        assert not done.err, words
