"""The causes by name, and what each of them means in a sentence."""

from collections.abc import Mapping

from diagnosis.finding import Candidate, Cause
from monitor.incidents.phrases import sender
from monitor.page.words import listed

NAMES: Mapping[Cause, str] = {
    "none": "No cause",
    "model_swap": "Another model answers",
    "unit": "Unit or scale",
    "missing": "Lost values",
    "stuck": "Stuck value",
    "code": "Code in place of values",
    "swapped_columns": "Swapped columns",
    "shuffled_column": "Shuffled column",
    "imputed": "Values filled in",
    "duplicates": "Repeated rows",
    "volume": "Volume of traffic",
    "traffic_mix": "Mix of the traffic",
    "covariate_harmless": "Covariate shift, harmless",
    "covariate_harmful": "Covariate shift, harmful",
    "label_shift": "Label shift",
    "calibration": "Calibration",
    "concept_global": "Concept drift everywhere",
    "concept_segment": "Concept drift in a segment",
    "outcome_collection": "Outcomes collected otherwise",
    "outcome_delay": "Delay of outcomes",
    "season": "Season",
    "other_fault": "Another fault of the data",
    "undetermined": "Undetermined",
}

MEANINGS: Mapping[Cause, str] = {
    "none": "No cause: what moved is back within chance, or too small to matter.",
    "model_swap": "Another model answers: scores are not those of the version that is logged.",
    "unit": "A fault of unit or scale: one factor gives the column back as it was.",
    "missing": "Lost values: values that the column had do not arrive.",
    "stuck": "A stuck value: one constant stands in place of the real values.",
    "code": "A code in place of values: it is no value of the column, and was rare before.",
    "swapped_columns": "Swapped columns: each looks as the other did.",
    "shuffled_column": "A shuffled column: its values are as ever, and no longer fit their rows.",
    "imputed": "Values filled in upstream: a constant stands where values were missing.",
    "duplicates": "Repeated rows: the same rows come more than once.",
    "volume": "The volume of traffic changed; what comes is as it was.",
    "traffic_mix": "Another mix of traffic: within each part the cases look as they did.",
    "covariate_harmless": "Covariate shift: other cases come, and decisions on them are as good.",
    "covariate_harmful": "Covariate shift: other cases come, and decisions on them lose more, while"
    " the risk at the same features is as it was, as far as can be told.",
    "label_shift": "Label shift: another share of the cases goes bad, and both the good and the bad"
    " look as they did.",
    "calibration": "Calibration: the scores are off in one way at every height, and cases look as"
    " they did.",
    "concept_global": "Concept drift: cases look as they did, their risk does not.",
    "concept_segment": "Concept drift in one segment: cases look as they did, their risk there does"
    " not.",
    "outcome_collection": "Outcomes are collected otherwise: what is reported changed, not what"
    " happens.",
    "outcome_delay": "Outcomes arrive at another time than before; they are not lost, and the risk"
    " is as it was.",
    "season": "Season: the same came at the same time in earlier cycles.",
    "other_fault": "A fault of the data that is none of the known ones.",
    "undetermined": "Undetermined: the data cannot tell yet.",
}


def name(candidate: Candidate) -> str:
    """A candidate, with the column, the caller or the segment that it is about."""
    said = NAMES[candidate.cause]
    if candidate.cause == "concept_segment" and candidate.segment:
        said = "Concept drift"
    if candidate.columns and candidate.cause != "concept_segment":
        said += f": {listed(list(candidate.columns), 3)}"
    where = sender(candidate.segment)
    if candidate.cause == "concept_segment":
        where = where.replace(" in rows with", " with", 1)
    return said + where
