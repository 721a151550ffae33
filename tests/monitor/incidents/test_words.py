"""What is said of incidents, as text: each cause, each state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from diagnosis.finding import Candidate, Cause, Cost, Decides, Moved
from monitor.incidents.incident import Incident
from monitor.incidents.words import title, words
from tests.monitor.incidents import made

NOW = made.OPENED + timedelta(days=3)
INCOME = "MonthlyIncomeOfTheHousehold"

TITLES: tuple[tuple[Cause, str, str], ...] = (
    (
        "none",
        f"{INCOME} is below 4,914 in 53% of its values, 50% before",
        f"{INCOME} was below 4,914 in 53% of its values, 50% before",
    ),
    (
        "model_swap",
        "1,990 of 2,000 scores are not those of version loans-1a2b3c",
        "1,990 of 2,000 scores were not those of version loans-1a2b3c",
    ),
    ("unit", f"{INCOME} is 12 times too high", f"{INCOME} was 12 times too high"),
    (
        "missing",
        f"{INCOME} is missing in 41% of the rows, 20% before",
        f"{INCOME} was missing in 41% of the rows, 20% before",
    ),
    (
        "stuck",
        f"{INCOME} is stuck at 4,914 in 65% of its rows",
        f"{INCOME} was stuck at 4,914 in 65% of its rows",
    ),
    (
        "code",
        "times_late is 98 in 3.7% of its values, 0.2% before",
        "times_late was 98 in 3.7% of its values, 0.2% before",
    ),
    (
        "swapped_columns",
        "open_lines and dependents have changed places",
        "open_lines and dependents had changed places",
    ),
    (
        "shuffled_column",
        "age does not belong to the rows that it is in",
        "age did not belong to the rows that it was in",
    ),
    (
        "imputed",
        f"Missing {INCOME} is filled in with 4,914 in 20% of the rows",
        f"Missing {INCOME} was filled in with 4,914 in 20% of the rows",
    ),
    (
        "duplicates",
        "34% of the rows from mobile are repeats of earlier ones",
        "34% of the rows from mobile were repeats of earlier ones",
    ),
    (
        "volume",
        "2.25 times as many rows come as usual: 2,250 rows an hour, 1,000 usually",
        "2.25 times as many rows came as usual: 2,250 rows an hour, 1,000 usually",
    ),
    (
        "traffic_mix",
        "broker sends 45% of the rows, 20% before",
        "broker sent 45% of the rows, 20% before",
    ),
    (
        "covariate_harmless",
        "Other cases come than before, in open_lines above all; the expected loss is as it was",
        "Other cases came than before, in open_lines above all; the expected loss was as it was",
    ),
    (
        "covariate_harmful",
        "Other cases come than before, in utilisation above all; the expected loss is higher, 0.3"
        " a case, 0.21 before",
        "Other cases came than before, in utilisation above all; the expected loss was higher,"
        " 0.3 a case, 0.21 before",
    ),
    (
        "label_shift",
        "Cases go bad 1.6 times as often as the model says, and the bad and the good look as they"
        " did",
        "Cases went bad 1.6 times as often as the model said, and the bad and the good look as they"
        " did",
    ),
    (
        "calibration",
        "Scores are too low: 1.4 times as many cases go bad as they say",
        "Scores were too low: 1.4 times as many cases went bad as they said",
    ),
    (
        "concept_global",
        "Cases go bad 1.7 times as often as the model says",
        "Cases went bad 1.7 times as often as the model said",
    ),
    (
        "concept_segment",
        "Cases with age below 32 go bad 1.75 times as often as the model says",
        "Cases with age below 32 went bad 1.75 times as often as the model said",
    ),
    (
        "outcome_collection",
        "71% of the due cases from mobile have their outcome, 98% before",
        "71% of the due cases from mobile had their outcome, 98% before",
    ),
    (
        "outcome_delay",
        "Outcomes take 20 days, 10 days before (median)",
        "Outcomes took 20 days, 10 days before (median)",
    ),
    (
        "season",
        "It is the season: age is below 32 in 14% of its values, 10% before",
        "It is the season: age was below 32 in 14% of its values, 10% before",
    ),
    (
        "other_fault",
        f"{INCOME} comes otherwise than before, in a way that no known fault explains",
        f"{INCOME} came otherwise than before, in a way that no known fault explains",
    ),
    (
        "undetermined",
        "Cases with age below 32 go bad 1.5 times as often as the model says; the cause is open",
        "Cases with age below 32 went bad 1.5 times as often as the model said",
    ),
)


def test_every_cause_has_a_title() -> None:
    assert [cause for cause, *_ in TITLES] == list(made.CAUSES)


@pytest.mark.parametrize(("cause", "now", "then"), TITLES)
def test_a_title_says_what_happens_and_what_happened(cause: Cause, now: str, then: str) -> None:
    assert title(made.incident(cause)) == now
    assert title(made.closed(cause)) == f"{then}, for 5 days"


@pytest.mark.parametrize(
    ("cause", "meaning", "due"),
    [
        ("none", "No cause: what moved is back within chance", "Nothing to do."),
        ("model_swap", "Another model answers: scores are not", "Action due: fix the pipeline."),
        ("unit", "A fault of unit or scale: one factor", "Action due: fix the pipeline."),
        ("missing", "Lost values: values that the column had", "Action due: fix the pipeline."),
        ("stuck", "A stuck value: one constant stands", "Action due: fix the pipeline."),
        ("code", "A code in place of values", "Action due: fix the pipeline."),
        ("swapped_columns", "Swapped columns: each looks", "Action due: fix the pipeline."),
        ("shuffled_column", "A shuffled column: its values", "Action due: fix the pipeline."),
        ("imputed", "Values filled in upstream", "Action due: fix the pipeline."),
        ("duplicates", "Repeated rows: the same rows", "Action due: fix the pipeline."),
        ("volume", "The volume of traffic changed", "Nothing to do."),
        ("traffic_mix", "Another mix of traffic", "Nothing to do."),
        ("covariate_harmless", "Covariate shift: other cases come", "Nothing to do."),
        ("covariate_harmful", "Covariate shift: other", "Action due: consider retraining."),
        ("label_shift", "Label shift: another share", "Action due: recalibrate."),
        ("calibration", "Calibration: the scores are off", "Action due: recalibrate."),
        ("concept_global", "Concept drift: cases look as", "Action due: consider retraining."),
        ("concept_segment", "Concept drift in one segment", "Action due: consider retraining."),
        ("outcome_collection", "Outcomes are collected", "Action due: fix the pipeline."),
        ("outcome_delay", "Outcomes arrive at another time", "Action due: fix the pipeline."),
        ("season", "Season: the same came", "Nothing to do."),
        ("other_fault", "A fault of the data", "Action due: fix the pipeline."),
    ],
)
def test_the_lead_says_what_the_cause_means_and_what_is_due(
    cause: Cause, meaning: str, due: str
) -> None:
    said = words(made.incident(cause), NOW)

    assert said.lead.startswith(meaning)
    assert said.lead.endswith(due)
    assert said.diagnosis.startswith(meaning)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("model_swap", "Find which model answers in place of version loans-1a2b3c, and put it"),
        ("unit", f"Find where {INCOME} is made, and give it its unit back. Leave the rows since"),
        ("missing", f"Find where {INCOME} gets lost. Leave the rows since 8 May 2026, 03:00 UTC"),
        ("stuck", f"Find why {INCOME} stands still."),
        ("code", "Find who writes the code into times_late."),
        ("swapped_columns", "Find where open_lines and dependents change places."),
        ("shuffled_column", "Find where age is joined to its rows"),
        ("imputed", f"Find who fills in {INCOME}"),
        ("duplicates", "Find why rows from mobile come again."),
        ("covariate_harmful", "Consider retraining; nothing in the pipeline needs fixing."),
        ("label_shift", "Recalibrate the scores; their order holds."),
        ("outcome_collection", "Find why outcomes from mobile are not reported as before"),
        ("outcome_delay", "Find why outcomes take another time"),
        ("other_fault", "Find the fault in what is sent."),
        (
            "volume",
            "Nothing. If it lasts, it is taken as the new state on 22 May, or at once by the"
            " command monitor accept 1 --because TEXT.",
        ),
        (
            "undetermined",
            "Wait, until about 13 May. Do not retrain, nor change the threshold, on what is known",
        ),
    ],
)
def test_what_to_do_is_said_for_the_cause(cause: Cause, text: str) -> None:
    assert words(made.incident(cause), NOW).to_do.startswith(text)


@pytest.mark.parametrize(
    ("incident", "state", "text"),
    [
        (made.incident("unit"), "act", "Open for 3 days, action due"),
        (made.incident("undetermined"), "ask", "Open for 3 days, undetermined: wait"),
        (made.incident("volume"), "known", "Open for 3 days, nothing to do"),
        (made.undiagnosed(), "ask", "Open for 3 days, not diagnosed yet"),
        (made.closed(), "ok", "Closed: everything is back, after 5 days"),
        (made.accepted(), "ok", "Closed: accepted as the new state, after 14 days"),
        (made.superseded(), "ok", "Closed: another one has taken its place, after 5 days"),
    ],
)
def test_a_state_is_a_shape_and_words(incident: Incident, state: str, text: str) -> None:
    said = words(incident, NOW)

    assert (said.state, said.state_words) == (state, text)


def test_an_undetermined_one_may_call_for_action() -> None:
    first = made.incident("undetermined").diagnoses[0]
    found = replace(first.diagnosis, actionable=True, action="fix_pipeline")
    said = words(made.incident("undetermined", diagnoses=(made.diagnosed(found),)), NOW)

    assert (said.state, said.state_words) == (
        "act",
        "Open for 3 days, action due, the cause is open",
    )
    assert said.to_do == "Find the fault in what is sent."


def test_one_that_waits_and_is_not_undetermined_says_wait() -> None:
    found = replace(made.incident("season").diagnoses[0].diagnosis, action="wait")
    said = words(made.incident("season", diagnoses=(made.diagnosed(found),)), NOW)

    assert said.state_words == "Open for 3 days, wait"
    assert said.to_do == "Wait."


def test_the_facts_have_the_figures_of_the_incident() -> None:
    facts = dict(words(made.partial(), NOW).facts)

    assert facts["What moved"] == (
        f"{INCOME} is below 4,914 in 3% of its values, 50% before."
        " The score is below 0.08 in 76% of the rows, 70% before."
    )
    assert facts["Since when"] == (
        "8 May 2026, 03:00 UTC, between 8 May, 01:00 and 06:00 UTC, by business time."
    )
    assert facts["Where"] == f"{INCOME}, from mobile, in 30% of the rows, version loans-1a2b3c."
    assert facts["Cost"] == "Not estimated."


def test_a_fault_in_some_rows_of_one_caller_says_so() -> None:
    assert title(made.partial()) == f"{INCOME} from mobile is 12 times too high in 30% of its rows"


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (12.0, "12 times too high"),
        (1.25, "25% too high"),
        (0.8, "20% too low"),
        (0.001, "1,000 times too low"),
    ],
)
def test_a_factor_is_said_as_people_say_it(factor: float, text: str) -> None:
    found = made.incident("unit").diagnoses[0].diagnosis
    holds = replace(found.candidates[0], parameters={"factor": factor})
    changed = replace(found, candidates=(holds,))

    assert title(made.incident("unit", diagnoses=(made.diagnosed(changed),))).endswith(text)


def test_two_causes_stand_in_the_title_and_both_hold() -> None:
    said = words(made.compound(), NOW)

    assert said.title == (
        f"{INCOME} is 12 times too high, and cases with age below 32 go bad 1.75 times as often"
        " as the model says"
    )
    assert [each.verdict for each in said.candidates] == ["holds", "holds", "refuted"]
    assert "what is left has a cause of its own" in said.diagnosis
    assert said.history[-1].text.endswith(
        "Beside it: Concept drift with age below 32. Action due: fix the pipeline."
    )


def test_with_three_causes_the_third_is_counted() -> None:
    found = made.compound().diagnoses[0].diagnosis
    third = Candidate("volume", 0.9)
    more = replace(found, secondary=(*found.secondary, third))

    said = title(made.incident("unit", diagnoses=(made.diagnosed(more),)))

    assert said.endswith(", and 1 other change")


def test_the_diagnosis_says_how_much_is_explained_and_what_was_fitted() -> None:
    said = words(made.incident("concept_segment"), NOW)

    assert said.diagnosis == (
        "Concept drift in one segment: cases look as they did, their risk there does not. Their"
        " odds of going bad are 2.4 times what the scores say (95% interval 2.2 to 2.6). This"
        " explains 99% of the movement; nothing else explains more than 16%."
    )
    first, second = said.candidates
    assert (first.name, first.verdict) == ("Concept drift with age below 32", "holds")
    assert first.why == "Taken back on 4,000 later rows, it restores every column."
    assert (second.name, second.verdict) == ("Covariate shift, harmless", "refuted")
    assert second.why == "On later rows age is still 4 points of share away."


def test_undetermined_says_what_remains_and_what_would_decide() -> None:
    said = words(made.incident("undetermined"), NOW)

    remain = "Concept drift with age below 32 and calibration remain; 1 other cause is excluded."
    assert said.diagnosis == f"Undetermined. {remain}"
    assert said.lead == f"Since 8 May 2026, 03:00 UTC. {remain}"
    assert [each.verdict for each in said.candidates] == ["possible", "possible", "refuted"]
    assert said.decides == (
        "More outcomes of cases with age < 32 tell one segment from all. About 40 more due"
        " outcomes are needed; at the present rate they are here about 13 May 2026."
    )


@pytest.mark.parametrize(
    ("decides", "end"),
    [
        (Decides("Rows of a second week."), "Rows of a second week."),
        (
            Decides(
                "A week",
                hour=made.diagnosed(made.incident("unit").diagnoses[0].diagnosis).diagnosis.at,
            ),
            "A week. At the present rate that is about 8 May 2026.",
        ),
        (Decides("More.", rows=1), "More. About 1 more row are needed."),
        (
            Decides("More.", rows=900, outcomes=40),
            "About 900 more rows and about 40 more due outcomes are needed.",
        ),
    ],
)
def test_what_would_decide_says_no_more_than_is_known(decides: Decides, end: str) -> None:
    found = replace(made.incident("undetermined").diagnoses[0].diagnosis, decides=decides)
    said = words(made.incident("undetermined", diagnoses=(made.diagnosed(found),)), NOW)

    assert said.decides.endswith(end)


def test_without_a_candidate_left_that_is_said() -> None:
    found = made.incident("undetermined").diagnoses[0].diagnosis
    none = replace(found, candidates=found.candidates[-1:], decides=None)
    said = words(made.incident("undetermined", diagnoses=(made.diagnosed(none),)), NOW)

    assert said.diagnosis == "Undetermined. No cause that was tried explains it."
    assert said.decides == ""


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (None, "Not estimated."),
        (Cost("USD"), "Not estimated."),
        (
            Cost("USD", measured=(1.0, 1.5), cases=9611),
            "1.5 instead of 1 (USD), measured on 9,611 due cases.",
        ),
        (
            Cost("log loss a case", expected=(0.21, 0.2104)),
            "0.2104 instead of 0.21 (log loss a case), as the scores expect it, if the risk at the"
            " same features is unchanged.",
        ),
    ],
)
def test_a_cost_says_where_it_is_from(cost: Cost | None, text: str) -> None:
    found = replace(made.incident("unit").diagnoses[0].diagnosis, cost=cost)

    assert words(made.incident("unit", diagnoses=(made.diagnosed(found),)), NOW).cost == text


def test_the_history_keeps_each_diagnosis_as_it_was() -> None:
    opened, first, second = words(made.settled(), NOW).history

    assert opened.head == "Opened."
    assert not opened.diagnosed
    assert (first.head, first.diagnosed) == ("Undetermined.", True)
    assert "calibration remain" in first.text
    assert second.head == "Concept drift with age below 32."
    assert second.text == (
        "Cases with age below 32 go bad 1.75 times as often as the model says. It explains 99% of"
        " the movement. Action due: consider retraining."
    )


def test_the_history_ends_with_how_it_was_closed() -> None:
    last = words(made.closed(), NOW).history[-1]

    assert last.at == made.CLOSED
    assert last.head == "Closed: everything is back."
    assert last.text == "All that had moved has been within its tolerance for 24 hours."


def test_after_a_fault_its_rows_are_kept_out_of_training() -> None:
    assert words(made.closed(), NOW).to_do == (
        "Nothing now. Leave the rows from 8 May 2026, 03:00 UTC to 13 May 2026, 09:00 UTC out of"
        " every training set."
    )
    assert words(made.closed("volume"), NOW).to_do == "Nothing now."
    assert words(made.accepted(), NOW).to_do == (
        "Nothing. Later looks go by the state that was accepted."
    )


def test_of_many_streams_of_a_column_the_one_that_moved_most_speaks() -> None:
    moved = tuple(
        Moved(f"{INCOME} < {edge}", before, after, "share", INCOME)
        for edge, before, after in ((1000, 0.1, 0.0), (4914, 0.5, 0.03), (9000, 0.9, 0.7))
    )
    said = words(replace(made.undiagnosed(), moved=moved), NOW)

    assert said.title.startswith(f"{INCOME} is below 4,914 in 3% of its values, 50% before")
    assert said.moved[-1] == "2 other figures moved as well."


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        (
            Moved("age > 99, beyond the reference", 0, 0.03, "share", "age"),
            "age is above 99, the greatest of the held-out part, in 3% of its values, 0% before",
        ),
        (
            Moved("owner = true", 0.6, 0.45, "share", "owner"),
            "owner is true in 45% of its values, 60% before",
        ),
        (
            Moved("purpose = a text that no level names", 0, 0.5, "share", "purpose"),
            "purpose is a text that no level names in 50% of its values, 0% before",
        ),
        (
            Moved("score < 0.08", 0.7, 0.704, "share"),
            "The score is below 0.08 in 70.4% of the rows, 70% before",
        ),
        (
            Moved("caller ", 0.2, 0.4, "share"),
            "(no key) sends 40% of the rows, 20% before",
        ),
        (
            Moved("caller partner", 0.0, 0.31, "share"),
            "A new caller, partner, sends 31% of the rows",
        ),
        (
            Moved("rows", 1000, 400, "rows"),
            "Only 40% of the usual rows come: 400 rows an hour, 1,000 usually",
        ),
        (Moved("rows", 1000, 0, "rows"), "No rows come, where 1,000 an hour are usual"),
        (Moved("rows", 0, 10, "rows"), "10 rows an hour come, where none are usual"),
        (
            Moved("rows, caller mobile", 1000, 1500, "rows", caller="mobile"),
            "1.5 times as many rows from mobile come as usual: 1,500 rows an hour, 1,000 usually",
        ),
        (
            Moved("observed/expected, caller without a key", 1, 1.6, "ratio", caller=""),
            "Cases from callers without a key go bad 1.6 times as often as the model says",
        ),
        (
            Moved("caller without a key", 0.2, 0.4, "share", caller=""),
            "(no key) sends 40% of the rows, 20% before",
        ),
        (Moved("auc", 0.86, 0.81, "auc"), "The order of scores (AUC): 0.81, 0.86 before"),
        (
            Moved("observed/expected", 1, 0.6, "ratio"),
            "Cases go bad only 0.6 times as often as the model says",
        ),
        (
            Moved("observed/expected, score >= 0.2", 1, 1.6, "ratio"),
            "Cases with a score of 0.2 or more go bad 1.6 times as often as the model says",
        ),
        (
            Moved("observed/expected, caller mobile", 1, 1.6, "ratio"),
            "Cases from mobile go bad 1.6 times as often as the model says",
        ),
        (
            Moved("observed/expected, age = missing", 1, 1.6, "ratio"),
            "Cases without age go bad 1.6 times as often as the model says",
        ),
        (
            Moved("observed/expected, age from 32 to 45.5", 1, 1.6, "ratio"),
            "Cases with age from 32 to 45.5 go bad 1.6 times as often as the model says",
        ),
        (
            Moved("delay, caller mobile", 30, 60, "hours"),
            "Outcomes of cases from mobile take 2.5 days, 30 hours before (median)",
        ),
        (Moved("rate", 0.02, 0.00005, "rate"), "Rate: less than 0.01%, 2% before"),
    ],
)
def test_each_kind_of_stream_is_said_in_its_unit(moved: Moved, text: str) -> None:
    said = title(replace(made.undiagnosed(), moved=(moved,)))

    assert said == f"{text}; the cause is open"


@pytest.mark.parametrize("cause", made.CAUSES)
def test_a_cause_is_told_as_well_where_nothing_was_fitted_and_nothing_found(cause: Cause) -> None:
    """A title may say less; it never fails, and never makes a figure up."""
    found = made.incident(cause).diagnoses[0].diagnosis
    bare = replace(found, candidates=(), segment=None)
    one = made.incident(
        cause, moved=(Moved("x", 1, 2, "score"),), diagnoses=(made.diagnosed(bare),)
    )

    said = words(one, NOW)

    figures = {character for character in said.title if character.isdigit()}
    assert said.title
    # Those of what moved, and those in the version's name.
    assert figures <= set("123")


def test_what_holds_beside_what_is_open_is_said_first() -> None:
    first = made.incident("undetermined").diagnoses[0]
    volume = Candidate("volume", 1.0, parameters={"ratio": 2.0})
    found = first.diagnosis
    both = replace(found, secondary=(volume,), candidates=(volume, *found.candidates))
    alone = replace(both, candidates=(volume,))

    said = words(made.incident("undetermined", diagnoses=(made.diagnosed(both),)), NOW)
    only = words(made.incident("undetermined", diagnoses=(made.diagnosed(alone),)), NOW)

    assert said.diagnosis == (
        "Undetermined. Volume of traffic holds; concept drift with age below 32 and calibration"
        " remain; 1 other cause is excluded."
    )
    assert [each.verdict for each in said.candidates] == [
        "holds",
        "possible",
        "possible",
        "refuted",
    ]
    assert only.diagnosis == "Undetermined. Volume of traffic holds."


def test_of_two_faults_each_is_said_of_its_own_columns() -> None:
    found = made.incident("unit").diagnoses[0].diagnosis
    second = Candidate("stuck", 0.9, None, ("age",), None, {"value": 40.0, "rows": 1.0})
    both = replace(found, columns=(INCOME, "age"), secondary=(second,))

    assert title(made.incident("unit", diagnoses=(made.diagnosed(both),))) == (
        f"{INCOME} is 12 times too high, and age is stuck at 40"
    )


@pytest.mark.parametrize(
    ("cause", "parameters", "text"),
    [
        ("unit", {"offset": 273.0}, f"{INCOME} is 273 too high"),
        ("unit", {"offset": -32.0, "rows": 0.5}, f"{INCOME} is 32 too low in 50% of its rows"),
        ("volume", {"ratio": 0.5}, "Only 0.5 times as many rows come as usual"),
        (
            "traffic_mix",
            {"before": 0.0, "after": 0.3},
            "A new caller, broker, sends 30% of the rows",
        ),
        (
            "outcome_delay",
            {"before": 240.0, "after": 30.0},
            "Outcomes take 30 hours, 10 days before (median)",
        ),
        (
            "outcome_collection",
            {"before": 0.9, "after": 0.6},
            "60% of the due cases from mobile have their outcome, 90% before",
        ),
    ],
)
def test_what_was_fitted_is_said_where_no_stream_moved_for_it(
    cause: Cause, parameters: dict[str, float], text: str
) -> None:
    found = made.incident(cause).diagnoses[0].diagnosis
    holds = replace(found.candidates[0], parameters=parameters)
    changed = made.diagnosed(replace(found, candidates=(holds,)))

    assert title(made.incident(cause, moved=(), diagnoses=(changed,))) == text


def test_a_number_that_the_observation_says_is_not_said_again() -> None:
    decides = Decides("About 400 more outcomes decide, 40 of them bad.", outcomes=400, hour=231200)
    found = replace(made.incident("undetermined").diagnoses[0].diagnosis, decides=decides)
    said = words(made.incident("undetermined", diagnoses=(made.diagnosed(found),)), NOW)

    assert said.decides == (
        "About 400 more outcomes decide, 40 of them bad. At the present rate that is about 17 May"
        " 2026."
    )


def test_a_callers_own_stream_is_not_said_beside_that_of_all() -> None:
    edge = f"{INCOME} < 4914"
    moved = (
        Moved(edge, 0.5, 0.03, "share", INCOME),
        Moved(edge, 0.5, 0.02, "share", INCOME, caller="mobile"),
        Moved("age < 32", 0.1, 0.2, "share", "age", caller="mobile"),
    )

    said = words(replace(made.undiagnosed(), moved=moved), NOW).moved

    assert said == (
        f"{INCOME} is below 4,914 in 3% of its values, 50% before.",
        "age from mobile is below 32 in 20% of its values, 10% before.",
        "1 other figure moved as well.",
    )
