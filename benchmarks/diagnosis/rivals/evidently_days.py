"""Evidently at its defaults, a report a day; run by the interpreter of its own environment.

Each day's rows are compared with the held-out rows: DataDriftPreset over features and score, and
the share of missing values of each column; of the cases that fell due on the day, the target.
"""

import os

os.environ["DO_NOT_TRACK"] = "1"

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report  # type: ignore[import-not-found]
from evidently.metrics import MissingValueCount  # type: ignore[import-not-found]
from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

warnings.filterwarnings("ignore")
_FEWEST = 30


def failed(current: pd.DataFrame, reference: Any, columns: list[str], more: list[Any]) -> set[str]:
    """Names of the tests that fail."""
    categories = ["target"] if "target" in columns else []
    numbers = [name for name in columns if name != "target"]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    sets = [
        Dataset.from_pandas(rows[columns], data_definition=definition)
        for rows in (current, reference)
    ]
    run = Report([DataDriftPreset(columns=columns), *more], include_tests=True).run(*sets)
    return {test["name"] for test in run.dict()["tests"] if "FAIL" in str(test["status"])}


def main(directory: Path) -> None:
    """Read the rows, write what is said of each day."""
    rows = np.load(directory / "rows.npz")
    wanted = json.loads((directory / "wanted.json").read_text())
    names = wanted["names"]
    reference = pd.DataFrame(rows["reference"], columns=names)
    reference["prediction"], reference["target"] = (
        rows["reference_scores"],
        rows["reference_outcomes"].astype(int),
    )
    live = pd.DataFrame(rows["values"], columns=names)
    live["prediction"], live["target"] = rows["scores"], rows["outcomes"]
    said = []
    began = time.process_time()
    for day in range(wanted["days"]):
        one: dict[str, Any] = {"drifted": [], "missing": [], "score": False, "labels": False}
        today = live[rows["days"] == day]
        if len(today) >= _FEWEST:
            more = [MissingValueCount(column=name) for name in names]
            tests = failed(today, reference, [*names, "prediction"], more)
            one["drifted"] = [n for n in names if f"Value Drift for column {n}" in tests]
            one["missing"] = [n for n in names if any(_is_share(test, n) for test in tests)]
            one["score"] = "Value Drift for column prediction" in tests
        due = live[(rows["due"] == day) & ~np.isnan(rows["outcomes"])]
        if len(due) >= _FEWEST:
            due = due.assign(target=due.target.astype(int))
            one["labels"] = "Value Drift for column target" in failed(
                due, reference, ["target"], []
            )
        said.append(one)
    figures = {
        "days": said,
        "seconds": time.process_time() - began,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    (directory / "said.json").write_text(json.dumps(figures))


def _is_share(test: str, column: str) -> bool:
    """Whether it is the test of a column's share: the one of the number knows no size of a day."""
    beginning, _, expected = test.partition(" missing values: Equal ")
    return beginning == f"Column '{column}'" and float(expected.split(" ", maxsplit=1)[0]) < 1


main(Path(sys.argv[1]))
