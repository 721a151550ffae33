"""What is remembered between rounds, as plain JSON and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

FORMAT = 1
"""Raise it whenever a reader of the old form would misread the new one."""


def plain(value: Any) -> Any:
    """Dataclasses, dicts, lists, arrays and plain values as JSON has them; all of it finite."""
    if isinstance(value, np.ndarray):
        kind = "i" if value.dtype.kind == "i" else "f"
        return {"array": kind, "shape": list(value.shape), "values": value.ravel().tolist()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return {"record": type(value).__name__, "members": own}
    if isinstance(value, Mapping):
        return {"map": [[key, plain(each)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def restored(document: Any, records: Mapping[str, type]) -> Any:
    """What `plain` wrote; a list may have been a tuple. Raises ValueError on anything else."""
    if isinstance(document, list):
        return tuple(restored(each, records) for each in document)
    if not isinstance(document, dict):
        return document
    if "array" in document:
        kind = np.int64 if document["array"] == "i" else np.float64
        return np.array(document["values"], dtype=kind).reshape(document["shape"])
    if "map" in document:
        return {key: restored(each, records) for key, each in document["map"]}
    record = records.get(document.get("record", ""))
    if record is None:
        raise ValueError(
            f"the stored state has a record that is not known: {document.get('record')!r}"
        )
    members = {name: restored(each, records) for name, each in document["members"].items()}
    return record(**members)
