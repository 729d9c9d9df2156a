"""A run folder that release 0.1 wrote is read by this release."""

import json
import shutil

import polars as pl
import pytest

from abound.core.artifact import open_folder
from abound.core.dataset import Dataset
from abound.core.run import Run
from abound.core.study import Study
from abound.proof.repeat import read_predictions, read_repeat
from abound.publish import publish
from tests.golden.make import HERE


@pytest.fixture
def golden(tmp_path):
    return shutil.copytree(HERE, tmp_path / "run")


def test_every_artifact_is_whole(golden):
    artifacts = Run(golden).artifacts()
    assert len(artifacts) >= 8
    for name in artifacts:
        open_folder(golden / name)


def test_the_nouns_are_read(golden):
    study = Study.model_validate_json((golden / "study.json").read_bytes())
    assert study.claim.sentence
    train = Dataset.load(golden / "data" / "train")
    assert train.schema.target().name == "y"
    assert len(train) == json.loads((golden / "split" / "split.json").read_text())["parts"]["train"][0]
    repeat = read_repeat(golden / "prove" / "repeat-000")
    assert "real_only" in repeat.scores
    test = Dataset.load(golden / "data" / "test")
    assert read_predictions(golden / "prove" / "repeat-000", "test")["mixed"].height == len(test)


def test_its_report_is_written_by_this_release(golden):
    paths = publish(golden)
    study = Study.model_validate_json((golden / "study.json").read_bytes())
    facts = json.loads(paths["report.json"].read_text())
    assert facts["study"]["claims"][0]["difference"] == study.claim.difference
    assert pl.read_parquet(golden / "synthetic.parquet").height == 30


def test_a_changed_byte_is_noticed(golden):
    from abound.errors import ArtifactError

    target = golden / "generate" / "000" / "synth" / "rows.parquet"
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(bytes(data))
    with pytest.raises(ArtifactError, match="damaged"):
        publish(golden)
