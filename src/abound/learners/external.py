"""A model of your own, trained and asked by commands: any script, in any language."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from pydantic import Field

from abound.core.registry import plugin
from abound.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Schema, Task

_PLACE = re.compile(r"\{(\w+)\}")
_PLACES = {"train": ("data", "model", "seed"), "predict": ("model", "rows", "out")}
_NEEDED = {"train": ("data", "model"), "predict": ("model", "rows", "out")}
_TAIL_BYTES = 4096


@plugin("learner", deterministic=False)
class External:
    """A model that your own commands train and ask: a script in any language, judged as a built-in learner is.

    `train`, such as "python model.py train {data} {model} {seed}", runs once an arm and repeat. {data} is a folder
    with the tables train and tune and task.json (target, kind, classes, positive, predictions, features); {model}
    an empty folder for whatever the script wants to keep; {seed} a number that differs by repeat. Weigh the rows by
    the column `_weight`: a row that a teacher labelled stands there once a class.

    `predict`, such as "python model.py predict {model} {rows} {out}", runs once for every set of rows. {rows} is a
    table of `id` and the features, never the target; write {out} with `id` and "p:<class>" for each class (or
    `value`). There are two commands because one trained model must predict the tuning and the test rows: choices
    are made on the first and judged on the second.

    No shell is involved; commands run in `folder` (in a recipe: relative to the recipe's folder) with abound's
    environment. Finished repeats are made anew when a file that the commands name has changed; change `version`
    where something else did, such as a module that the script imports. InputError where a command fails, takes
    longer than `timeout_seconds`, or predicts other rows than it was given.
    """

    train: str | tuple[str, ...]
    predict: str | tuple[str, ...]
    timeout_seconds: float = Field(default=3600.0, gt=0.0)
    folder: str = "."
    table: Literal["parquet", "csv"] = "parquet"  # form of the files that are exchanged
    version: str = ""

    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that the commands name, by its name; of programs only those inside `folder`."""
        from abound.core.artifact import file_digest

        here, found = Path(self.folder), {}
        for name in _PLACES:
            for place, word in enumerate(_words(name, getattr(self, name))):
                path = here / word
                # An interpreter elsewhere is the machine's, not the script's.
                outside = place == 0 and not path.resolve().is_relative_to(here.resolve())
                if not outside and path.is_file():
                    found[word] = file_digest(path)
        return found

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Write the tables and run `train`. Refusal for data that is no single table."""
        from tempfile import mkdtemp

        from abound.core.artifact import write_json
        from abound.encoding.handout import facts, labelled, write_frame
        from abound.errors import Refusal

        commands = {name: _words(name, getattr(self, name)) for name in _PLACES}
        rows = labelled(arm, task)
        if not rows.height:
            raise Refusal("there is no training row with a positive weight")
        place = Path(mkdtemp(prefix="abound-external-", dir=ctx.scratch))
        model = ExternalPredictor(self, commands["predict"], place, arm.schema, task)
        data = place / "data"
        for folder in (data, model.model):
            folder.mkdir()
        write_frame(rows, data / f"train.{self.table}")
        write_frame(labelled(tune, task), data / f"tune.{self.table}")
        write_json(data / "task.json", facts(arm, task))
        seed = ctx.random_state("external")
        self.run(commands["train"], {"data": str(data), "model": str(model.model), "seed": str(seed)})
        return model

    def run(self, words: list[str], values: dict[str, str]) -> None:
        """Run one command; InputError with the last line that it wrote to stderr where it fails."""
        import subprocess
        from tempfile import TemporaryFile

        filled = [_PLACE.sub(lambda found: values.get(found[1], found[0]), word) for word in words]
        if not Path(self.folder).is_dir():
            raise InputError(f"learner 'external': the folder {self.folder!r} is not there")
        with TemporaryFile() as said:
            try:
                running = subprocess.Popen(
                    filled, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise InputError(
                    f"learner 'external': {filled[0]!r} cannot be run ({error.strerror}): check the command"
                ) from None
            try:
                code = running.wait(self.timeout_seconds)
            except subprocess.TimeoutExpired:
                raise InputError(
                    f"learner 'external': `{shlex.join(words)}` ran longer than {self.timeout_seconds:g} seconds: "
                    "raise timeout_seconds or make it faster"
                ) from None
            finally:
                _end(running)
            if code:
                raise InputError(
                    f"learner 'external': `{shlex.join(words)}` ended with exit code {code}: {_last_line(said)}"
                )


@dataclass(frozen=True, eq=False)
class ExternalPredictor:
    """The folder of a trained model, and the command that asks it. The folder goes when the predictor does."""

    learner: External
    command: list[str]
    place: Path
    schema: Schema
    task: Task

    def __post_init__(self) -> None:
        import shutil
        import weakref

        weakref.finalize(self, shutil.rmtree, self.place, ignore_errors=True)

    @property
    def model(self) -> Path:
        """Where the commands keep the model."""
        return self.place / "model"

    def predict(self, data: Dataset) -> pl.DataFrame:
        """Ask the command about these rows; only their features leave this process."""
        from tempfile import mkdtemp

        from abound.core.labels import prediction_columns
        from abound.encoding.handout import unlabelled, write_frame
        from abound.formats.predictions import read_predictions

        ids = [str(n) for n in range(len(data))]
        work = Path(mkdtemp(prefix="predict-", dir=self.place))
        rows, out = (work / f"{name}.{self.learner.table}" for name in ("rows", "predictions"))
        write_frame(unlabelled(data, ids), rows)
        self.learner.run(self.command, {"model": str(self.model), "rows": str(rows), "out": str(out)})
        if not out.is_file():
            raise InputError(
                f"learner 'external': `{shlex.join(self.command)}` wrote no file to the path given as out"
            )
        return read_predictions(out, ids, prediction_columns(self.schema, self.task))


def _words(name: str, command: str | tuple[str, ...]) -> list[str]:
    """The command as words; InputError where a placeholder is missing or unknown."""
    try:
        words = shlex.split(command) if isinstance(command, str) else list(command)
    except ValueError as error:
        raise InputError(f"learner 'external': the command {name!r} cannot be split ({error})") from None
    if not words:
        raise InputError(f"learner 'external': the command {name!r} is empty")
    found = {place for word in words for place in _PLACE.findall(word)}
    known = ", ".join(f"{{{p}}}" for p in _PLACES[name])
    missing = [p for p in _NEEDED[name] if p not in found]
    if missing:
        raise InputError(f"learner 'external': the command {name!r} lacks {{{missing[0]}}}; it may use {known}")
    unknown = sorted(found - set(_PLACES[name]))
    if unknown:
        raise InputError(
            f"learner 'external': the command {name!r} has no place {{{unknown[0]}}}; it may use {known}"
        )
    return words


def _end(running: Any) -> None:
    """End the command and all that it started, if it still runs."""
    import contextlib
    import os
    import signal

    if running.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _last_line(said: IO[bytes]) -> str:
    """The last line with text of what a command wrote."""
    size = said.seek(0, 2)
    said.seek(max(0, size - _TAIL_BYTES))
    lines = [line.strip() for line in said.read().decode("utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it wrote nothing to stderr")
