"""Commands as a learner: what they are given, what is made of what they write, and what they do wrong."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import WEIGHT
from abound.core.recipe import Use
from abound.core.registry import create
from abound.core.run import Run
from abound.encoding.training import SOFT
from abound.errors import InputError, Refusal
from abound.stages.prove import prove
from abound.stages.split import split
from tests.planted import mixed_table, stays_with_events

# The weighted share of each class for every row, with nothing but the standard library.
SHARES = """
import csv, json, sys
if sys.argv[1] == "train":
    data, model = sys.argv[2:4]
    task = json.load(open(data + "/task.json"))
    total = {name: 0.0 for name in task["classes"]}
    for row in csv.DictReader(open(data + "/train.csv")):
        total[row[task["target"]]] += float(row["_weight"])
    share = {name: value / sum(total.values()) for name, value in total.items()}
    json.dump({"share": share, "seed": sys.argv[4]}, open(model + "/model.json", "w"))
else:
    model, rows, out = sys.argv[2:5]
    share = json.load(open(model + "/model.json"))["share"]
    with open(out, "w") as file:
        print(*["id", *("p:" + name for name in share)], sep=",", file=file)
        for row in csv.DictReader(open(rows)):
            print(row["id"], *share.values(), sep=",", file=file)
"""


@pytest.fixture(scope="module")
def data():
    return mixed_table(200, 3, rare=0.2)


def external(place, script=SHARES, **params):
    (place / "script.py").write_text(script)
    run = [sys.executable, "script.py"]
    given = {"train": [*run, "train", "{data}", "{model}", "{seed}"],
             "predict": [*run, "predict", "{model}", "{rows}", "{out}"]}  # fmt: skip
    return create("learner", "external", {**given, "folder": str(place), "table": "csv", **params})


def fitted(learner, data, ctx=None):
    return learner.fit(data, data.schema.task(), data, ctx or Context(seed=1))


def test_weights_and_soft_labels_reach_the_script(tmp_path, data):
    """The script's class shares are those of the weights, also where a row has probabilities and no class."""
    weight = np.where(data.main["y"] == "yes", 3.0, 1.0)
    heavy = data.with_table("rows", data.main.with_columns(pl.Series(WEIGHT, weight)))
    share = float(weight[data.main["y"] == "yes"].sum() / weight.sum())
    pred = fitted(external(tmp_path), heavy).predict(data)
    assert pred.columns == ["p:no", "p:yes"]
    assert pred.height == 200
    assert pred["p:yes"].to_numpy() == pytest.approx(share)
    soft = [pl.lit(0.25).alias(SOFT + "no"), pl.lit(0.75).alias(SOFT + "yes")]
    pred = fitted(external(tmp_path), data.with_table("rows", data.main.with_columns(soft))).predict(data)
    assert pred["p:yes"].to_numpy() == pytest.approx(0.75)


def test_the_rows_to_predict_tell_no_label(tmp_path, data):
    """Neither the target nor the weight, by which a test part is weighted by class, nor an ignored column."""
    line = "    model, rows, out = sys.argv[2:5]\n"
    spy = SHARES.replace(line, line + "    open('seen', 'w').write(open(rows).readline())\n")
    table = data.schema.main_table
    columns = tuple(c.model_copy(update={"role": "ignore"}) if c.name == "age" else c for c in table.columns)
    frame = data.main.with_columns(pl.lit(1.0).alias(WEIGHT), pl.lit("x").alias("_origin"))
    hidden = data.with_table("rows", frame, data.schema.with_columns("rows", columns))
    fitted(external(tmp_path, spy), hidden).predict(hidden)
    assert (tmp_path / "seen").read_text().strip().split(",") == ["id", "income", "job", "member", "since"]


def test_a_number_is_predicted_as_a_value_and_parquet_is_exchanged(tmp_path, data):
    script = """
import sys
import polars as pl
if sys.argv[1] == "train":
    rows = pl.read_parquet(sys.argv[2] + "/train.parquet")
    open(sys.argv[3] + "/mean", "w").write(str(rows["income"].mean()))
else:
    mean = float(open(sys.argv[2] + "/mean").read())
    pl.read_parquet(sys.argv[3]).select("id", pl.lit(mean).alias("value")).reverse().write_parquet(sys.argv[4])
"""
    known = data.take(data.main["income"].is_not_null().arg_true().to_numpy())
    columns = tuple(
        c.model_copy(update={"role": {"income": "target", "y": "ignore"}.get(c.name, "feature")})
        for c in data.schema.main_table.columns
    )
    task = data.schema.task().model_copy(update={"targets": ("income",), "kind": "regression", "positive": None})
    schema = data.schema.with_columns("rows", columns).model_copy(update={"tasks": (task,)})
    known = replace(known, schema=schema)
    pred = fitted(external(tmp_path, script, table="parquet"), known).predict(known)
    assert pred.columns == ["value"]
    assert pred["value"].to_numpy() == pytest.approx(known.main["income"].mean())


def test_the_seed_comes_from_the_context(tmp_path, data):
    script = SHARES + "\nif sys.argv[1] == 'train': open('seed', 'w').write(sys.argv[4])\n"
    seen = []
    for ctx in (Context(seed=1), Context(seed=1), Context(seed=1).at("other")):
        fitted(external(tmp_path, script), data, ctx)
        seen.append((tmp_path / "seed").read_text())
    assert seen[0] == seen[1] != seen[2]


def test_a_command_is_words_and_no_shell(tmp_path, data):
    (tmp_path / "script.py").write_text(SHARES)
    run = f"{sys.executable} script.py"
    learner = create("learner", "external", {
        "train": f"{run} train {{data}} {{model}} '{{seed}}' ; touch shell",
        "table": "csv", "folder": str(tmp_path),
        "predict": f"{run} predict {{model}} {{rows}} {{out}}",
    })  # fmt: skip
    assert fitted(learner, data).predict(data).height == 200
    assert not (tmp_path / "shell").exists()


def test_the_folder_goes_with_the_predictor(tmp_path, data):
    predictor = fitted(external(tmp_path), data)
    place = predictor.place
    assert (place / "model" / "model.json").exists()
    del predictor
    assert not place.exists()


WRONG = {
    "ended with exit code 3: no memory left": ("train", "print('no memory left\\n', file=sys.stderr); sys.exit(3)"),
    "it wrote nothing to stderr": ("train", "sys.exit(1)"),
    "ran longer than 0.5 seconds": ("train", "import time; time.sleep(30)"),
    "wrote no file": ("predict", "sys.exit(0)"),
    "lacks 200 of 200 rows": ("predict", "open(sys.argv[4], 'w').write('id,p:no,p:yes\\n'); sys.exit(0)"),
    "below 0 or above 1": (
        "predict", "n = '\\n'.join(f'{i},2,-1' for i in range(200)); "
        "open(sys.argv[4], 'w').write('id,p:no,p:yes\\n' + n); sys.exit(0)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", WRONG)
def test_what_goes_wrong_is_one_sentence(tmp_path, data, said):
    step, line = WRONG[said]
    script = f"import sys\nif sys.argv[1] == '{step}':\n    {line}\n" + SHARES
    start = time.monotonic()
    with pytest.raises(InputError, match=said) as error:
        fitted(external(tmp_path, script, timeout_seconds=0.5 if "longer" in said else 60), data).predict(data)
    assert "\n" not in str(error.value)
    assert time.monotonic() - start < 20


def test_a_command_that_is_ended_leaves_no_process_behind(tmp_path, data):
    script = "import subprocess, sys, time\nsubprocess.Popen(['sleep', '987.25'])\ntime.sleep(30)\n"
    with pytest.raises(InputError, match="longer than"):
        fitted(external(tmp_path, script, timeout_seconds=1.0), data)
    time.sleep(0.1)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 987.25" not in listed


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"train": "python x.py"}, "lacks {data}"),
        ({"predict": "python x.py {model} {rows}"}, "lacks {out}"),
        ({"train": "python x.py {data} {model} {test}"}, "no place {test}"),
        ({"train": "python 'x.py {data} {model}"}, "cannot be split"),
        ({"train": []}, "is empty"),
        ({"train": "no-such-program {data} {model}"}, "cannot be run"),
        ({"folder": "no-such-folder"}, "is not there"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"comand": "x"}, "no parameter"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(tmp_path, data, params, said):
    with pytest.raises(InputError, match=said):
        fitted(external(tmp_path, **params), data)


def test_what_is_no_single_table_is_refused(tmp_path):
    stays = stays_with_events(60)
    with pytest.raises(Refusal, match="single table"):
        fitted(external(tmp_path), stays)


def test_an_edited_script_is_another_learner(tmp_path):
    learner = external(tmp_path)
    before = learner.files()
    assert list(before) == ["script.py"]  # not the interpreter, not the places
    (tmp_path / "script.py").write_text(SHARES + "# changed")
    assert learner.files() != before
    (tmp_path / "own").write_text("#!/bin/sh")
    named = create("learner", "external", {
        "train": f"./own {tmp_path}/script.py {{data}} {{model}}", "predict": "lack.py {model} {rows} {out}",
        "folder": str(tmp_path),
    })  # fmt: skip
    assert set(named.files()) == {"./own", f"{tmp_path}/script.py"}


def test_finished_repeats_of_an_edited_script_are_made_anew(tmp_path):
    parts = split(mixed_table(300, 9, rare=0.3), seed=0)
    learner = external(tmp_path)
    use = {"train": list(learner.train), "predict": list(learner.predict), "folder": str(tmp_path), "table": "csv"}

    def proved():
        with Run(tmp_path / "run") as run:
            prove({"mixed": parts.train}, baseline=parts.train, tune=parts.tune, test=parts.test, run=run,
                  learner=Use(name="external", params=use), controls=("real_only",))  # fmt: skip
        return (tmp_path / "run" / "prove" / "repeat-000" / "repeat.json").stat().st_mtime_ns

    first = proved()
    assert proved() == first
    (tmp_path / "script.py").write_text(SHARES + "# changed")
    assert proved() != first


def test_it_is_judged_as_any_learner(tmp_path, data):
    parts = split(mixed_table(400, 9, rare=0.3), seed=0)
    (tmp_path / "script.py").write_text(SHARES)
    learner = external(tmp_path)
    use = {"train": list(learner.train), "predict": list(learner.predict), "folder": str(tmp_path), "table": "csv"}
    arms = [parts.train.take(range(n)) for n in (150, 160)]
    study = prove(
        {"mixed": arms}, baseline=parts.train, tune=parts.tune, test=parts.test,
        learner=Use(name="external", params=use), controls=("real_only", "class_weights"),
    )  # fmt: skip
    assert study.learner == "external"
    assert abs(study.claim.difference) < 0.5
    assert json.loads(study.model_dump_json())
