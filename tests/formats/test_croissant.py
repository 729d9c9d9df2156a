"""The manifest: the shape that the specification asks for, on whatever names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from abound.core.schema import Column
from abound.formats.croissant import TO_FILL, context, manifest, to_json
from tests.formats.made_up import HOSTILE, schema

RAI = {
    "dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataCollectionRawData",
    "dataCollectionTimeframe", "dataImputationProtocol", "dataPreprocessingProtocol", "dataManipulationProtocol",
    "dataAnnotationProtocol", "dataAnnotationPlatform", "dataAnnotationAnalysis", "dataReleaseMaintenancePlan",
    "personalSensitiveInformation", "dataSocialImpact", "dataBiases", "dataLimitations", "dataUseCases",
    "annotationsPerItem", "annotatorDemographics", "machineAnnotationTools", "hasSyntheticData",
}  # fmt: skip


def made(name: str = "", **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": "mixed" + name, "description": "what" + name, "file_name": f"mixed{name}.parquet",
        "content_url": f"data/mixed{name}.parquet", "sha256": "ab" * 32, "size_bytes": 2203,
        "columns": schema(name).main_table.columns, "carried": ("_origin", "_weight"),
        "derived_from": {"cd" * 32: "hypothyroid.csv" + name}, "made_by": "abound 0.1.0",
        "how": "abound run" + name,
        "rai": {"dataLimitations": ["one", "two"], "dataCollection": "made", "dataBiases": []},
    }  # fmt: skip
    return manifest(**(fields | more))


@pytest.mark.parametrize("name", ["", HOSTILE, " ü/%20", "."])
def test_the_shape_of_the_manifest(name: str) -> None:
    one = json.loads(to_json(made(name)))
    assert one["@type"] == "sc:Dataset"
    assert "http://mlcommons.org/croissant/1.1" in one["conformsTo"]
    assert one["rai:hasSyntheticData"] is True
    assert one["prov:wasDerivedFrom"][0]["@id"] == "urn:sha256:" + "cd" * 32
    assert one["prov:wasGeneratedBy"][0]["@type"] == "prov:Activity"
    (file,) = one["distribution"]
    assert file["@type"] == "cr:FileObject"
    assert file["sha256"] == "ab" * 32
    assert file["contentSize"] == "2203 B"
    (records,) = one["recordSet"]
    assert records["@type"] == "cr:RecordSet"
    ids = [f["@id"] for f in records["field"]]
    assert len(set(ids)) == len(ids) == 9
    for field in records["field"]:
        assert field["@type"] == "cr:Field"
        assert field["source"]["fileObject"]["@id"] == file["@id"]
        assert field["source"]["extract"]["column"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", field["@id"])


def test_columns_are_read_under_their_own_names_and_types() -> None:
    fields = {f["source"]["extract"]["column"]: f["dataType"] for f in made(HOSTILE)["recordSet"][0]["field"]}
    assert fields[f"age{HOSTILE}"] == "sc:Integer"
    assert fields[f"TSH{HOSTILE}"] == "sc:Float"
    assert fields[f"sex{HOSTILE}"] == "sc:Text"
    assert fields[f"pregnant{HOSTILE}"] == "sc:Boolean"
    assert fields[f"seen{HOSTILE}"] == "sc:DateTime"
    assert fields["class"] == ["sc:Text", "cr:Label"]
    assert fields["_weight"] == "sc:Float"


def test_arrays_carry_their_shape() -> None:
    field = made(columns=[Column(name="v", kind="array", shape=(3, 4))])["recordSet"][0]["field"][0]
    assert field["isArray"] is True
    assert field["arrayShape"] == "3,4"


def test_every_prefix_and_term_is_in_the_context_and_in_a_vocabulary() -> None:
    terms = context()
    for key in made():
        prefix, _, word = key.rpartition(":")
        assert not prefix or prefix in terms
        if prefix == "rai":
            assert word in RAI
    assert "rai:dataBiases" not in made()  # nothing to say is left out


def test_what_only_the_publisher_knows_is_left_out_or_taken() -> None:
    assert not set(TO_FILL) & set(made())
    known = {"license": "https://spdx.org/licenses/CC0-1.0.html", "url": "https://example.org/d"}
    assert made(known=known)["license"] == known["license"]
