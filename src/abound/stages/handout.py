"""handout: train and tune with labels and the test rows without, for models that are trained elsewhere."""

from __future__ import annotations

from pathlib import Path

from abound.core.artifact import write_json
from abound.core.dataset import Dataset
from abound.core.labels import ID
from abound.core.ledger import SealedTest, hand_out
from abound.encoding.handout import facts, labelled, row_ids, unlabelled, write_frame
from abound.errors import InputError


def handout(
    train: Dataset, tune: Dataset, test: SealedTest, folder: Path | str, *, table: str = "parquet"
) -> dict[str, Path]:
    """Write train, tune, predict and task.json into `folder`; return their paths.

    `train` and `tune` hold the features, the target, `_weight` (and the group column); `predict` the ids and the
    features of the tuning rows and the test rows, shuffled: what a model has to predict for `judge`. The tuning
    rows are among them because every choice is made there. `table`: "parquet" or "csv". Raises InputError for
    another form and for a folder that is not empty, Refusal for several tables.
    """
    import polars as pl

    folder = Path(folder)
    if table not in ("parquet", "csv"):
        raise InputError(f"the tables of a handout are parquet or csv, not {table!r}")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"the folder {folder} is not empty: name a new one")
    task = train.schema.task()
    group = (train.schema.group,) if train.schema.group else ()
    keep = tuple(g for g in group if g not in train.schema.main_table.features())
    parts = {"tune": tune, "test": hand_out(test)}
    asked = [unlabelled(data, row_ids(test.digest, name, len(data))) for name, data in parts.items()]
    frames = {
        "train": labelled(train, task, keep),
        "tune": labelled(tune, task, keep),
        # Sorted by id, which is a digest: the order in the file may tell the label.
        "predict": pl.concat(asked).sort(ID),
    }
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.{table}" for name in frames}
    for name, frame in frames.items():
        write_frame(frame, paths[name])
    paths["task"] = folder / "task.json"
    write_json(paths["task"], facts(train, task))
    return paths
