"""A Croissant 1.1 manifest (JSON-LD) of one data file that holds synthetic rows.

Property names follow the Croissant 1.1 specification (context of its appendix 1, provenance by PROV-O) and the
Croissant RAI vocabulary 1.0 (mlcommons.org/croissant); `rai:hasSyntheticData` is a flag in the RAI
namespace that dataset tracks ask for, newer than the 1.0 list. What only the publisher knows (`TO_FILL`) is left
out, never made up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from abound.core.schema import Column
from abound.formats.wording import clean

TO_FILL = ("license", "url", "creator", "datePublished")
_CR = (
    "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract",
    "field", "fileProperty", "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath",
    "key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace",
    "samplingRate", "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value",
)  # fmt: skip
_TYPES = {
    "number": "sc:Float", "category": "sc:Text", "bool": "sc:Boolean", "time": "sc:DateTime", "text": "sc:Text",
    "id": "sc:Text", "asset": "sc:Text", "array": "sc:Float",
}  # fmt: skip
_FORMATS = {".parquet": "application/x-parquet", ".csv": "text/csv"}
_CARRIED = {
    "_origin": ("sc:Text", "Where the row comes from: real or synthetic."),
    "_order": ("sc:Text", "The order of the plan that the row was made for."),
    "_seed": ("sc:Text", "The seed path of the row."),
    "_source": ("sc:Text", "The real row that the row was made from, where there is one."),
    "_weight": ("sc:Float", "The weight of the row in training."),
}


def context() -> dict[str, Any]:
    """The @context: the specification's own, with the prov and rai prefixes."""
    base: dict[str, Any] = {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "prov": "http://www.w3.org/ns/prov#",
        "conformsTo": "dct:conformsTo",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "description": {"@container": "@language"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "name": {"@container": "@language"},
    }
    return base | {word: f"cr:{word}" for word in _CR}


def manifest(
    *,
    name: str,
    description: str,
    file_name: str,
    content_url: str,
    sha256: str,
    size_bytes: int,
    columns: Sequence[Column],
    carried: Sequence[str] = (),
    derived_from: Mapping[str, str],
    made_by: str,
    how: str,
    rai: Mapping[str, str | Sequence[str]] | None = None,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The manifest as a JSON-able object.

    `columns` and `carried` (the "_" columns) are those that the file holds, in its order. `derived_from` maps the
    SHA-256 of each real source to its name. `rai` holds further properties without their prefix, `known` the
    publisher's facts (see `TO_FILL`).
    """
    out: dict[str, Any] = {
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": clean(name, 200),
        "description": clean(description, 4000),
        "version": "1.0.0",
        "isLiveDataset": False,
        "keywords": ["synthetic data"],
        "distribution": [_file(file_name, content_url, sha256, size_bytes)],
        "recordSet": [_records(file_name, columns, carried)],
        "rai:hasSyntheticData": True,
        "prov:wasDerivedFrom": [_entity(digest, label) for digest, label in derived_from.items()],
        "prov:wasGeneratedBy": [_activity(made_by, how)],
    }
    out |= {f"rai:{key}": value for key, value in (rai or {}).items() if value}
    return out | {key: value for key, value in (known or {}).items() if value}


def to_json(value: Mapping[str, Any]) -> str:
    """The manifest as indented UTF-8 JSON, keys in the order in which the specification lists them."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _id(text: str) -> str:
    """Text as an identifier: an IRI holds no spaces, quotes or angle brackets."""
    return quote(text, safe="-._~")


def _file(name: str, url: str, sha256: str, size: int) -> dict[str, Any]:
    suffix = "." + name.rpartition(".")[2].lower()
    return {
        "@type": "cr:FileObject",
        "@id": _id(name),
        "name": clean(name, 200),
        "contentUrl": quote(url, safe="-._~/"),
        "contentSize": f"{size} B",
        "encodingFormat": _FORMATS.get(suffix, "application/octet-stream"),
        "sha256": sha256,
    }


def _records(file_name: str, columns: Sequence[Column], carried: Sequence[str]) -> dict[str, Any]:
    fields = [_field(file_name, c.name, _column(c)) for c in columns]
    for name in carried:
        kind, text = _CARRIED.get(name, ("sc:Text", "A column that abound carries beside the data."))
        fields.append(_field(file_name, name, {"description": text, "dataType": kind}))
    return {"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": fields}


def _field(file_name: str, name: str, more: dict[str, Any]) -> dict[str, Any]:
    source = {"fileObject": {"@id": _id(file_name)}, "extract": {"column": name}}
    return {"@type": "cr:Field", "@id": f"rows/{_id(name)}", "name": clean(name, 200), **more, "source": source}


def _column(column: Column) -> dict[str, Any]:
    kind = "sc:Integer" if column.integer else _TYPES[column.kind]
    out: dict[str, Any] = {"dataType": [kind, "cr:Label"] if column.role == "target" else kind}
    if column.kind == "array":
        out["isArray"] = True
        if column.shape:
            out["arrayShape"] = ",".join(map(str, column.shape))
    if column.role != "feature":
        out["description"] = f"Role: {column.role}."
    return out


def _entity(digest: str, label: str) -> dict[str, Any]:
    return {"@id": f"urn:sha256:{digest}", "@type": "prov:Entity", "prov:label": clean(label, 200)}


def _activity(made_by: str, how: str) -> dict[str, Any]:
    agent = {"@type": "prov:SoftwareAgent", "prov:label": clean(made_by, 200)}
    label = "Synthetic data generation"
    return {
        "@type": "prov:Activity",
        "prov:label": label,
        "description": clean(how, 2000),
        "prov:wasAssociatedWith": agent,
    }
