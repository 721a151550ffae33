"""NannyML at its defaults, in chunks of a thousand; run by the interpreter of its own environment.

Univariate drift of features and score, missing values, and the realised AUC of what is due. A day
alarms where half of the chunks that end on it do, for its thresholds do not know a chunk's size.
"""

import os

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import nannyml as nml  # type: ignore[import-not-found]
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
_CHUNK = 1000


def alarmed(
    calculator: Any, reference: pd.DataFrame, live: pd.DataFrame, days: Any
) -> dict[str, set[int]]:
    """Days on which each series alarms."""
    whole = len(reference) // _CHUNK * _CHUNK
    calculator.fit(reference.iloc[:whole])
    whole = len(live) // _CHUNK * _CHUNK
    if not whole:
        return {}
    table = calculator.calculate(live.iloc[:whole]).filter(period="analysis").to_df()
    ends = np.asarray(days)[np.arange(_CHUNK - 1, whole, _CHUNK)]
    found: dict[str, set[int]] = {}
    for series in table.columns:
        if series[-1] == "alert":
            alerts = pd.Series(table[series].to_numpy(dtype=bool)).groupby(ends).mean()
            found.setdefault(series[0], set()).update(int(d) for d in alerts.index[alerts >= 0.5])
    return found


def main(directory: Path) -> None:
    """Read the rows, write what is said of each day."""
    rows = np.load(directory / "rows.npz")
    wanted = json.loads((directory / "wanted.json").read_text())
    names = wanted["names"]
    reference, live = (
        pd.DataFrame(rows["reference"], columns=names),
        pd.DataFrame(rows["values"], columns=names),
    )
    for frame, score, label in (
        (reference, rows["reference_scores"], rows["reference_outcomes"]),
        (live, rows["scores"], rows["outcomes"]),
    ):
        frame["score"], frame["target"] = score, label
        frame["predicted"] = (score >= wanted["threshold"]).astype(int)
    began = time.process_time()
    drift = alarmed(
        nml.UnivariateDriftCalculator(column_names=[*names, "score"], chunk_size=_CHUNK),
        reference,
        live,
        rows["days"],
    )
    gaps = alarmed(
        nml.MissingValuesCalculator(column_names=names, chunk_size=_CHUNK),
        reference,
        live,
        rows["days"],
    )
    known = ~np.isnan(rows["outcomes"]) & (rows["due"] < wanted["days"])
    due = live[known].assign(target=live.target[known].astype(int))
    metrics = nml.PerformanceCalculator(
        metrics=["roc_auc"],
        y_true="target",
        y_pred="predicted",
        y_pred_proba="score",
        problem_type="classification_binary",
        chunk_size=_CHUNK,
    )
    judged = alarmed(metrics, reference, due, rows["due"][known])
    seconds = time.process_time() - began
    said = [
        {
            "drifted": [n for n in names if day in drift.get(n, set())],
            "missing": [n for n in names if day in gaps.get(n, set())],
            "score": day in drift.get("score", set()),
            "labels": any(day in days for days in judged.values()),
        }
        for day in range(wanted["days"])
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (directory / "said.json").write_text(
        json.dumps({"days": said, "seconds": seconds, "peak_mb": peak})
    )


main(Path(sys.argv[1]))
