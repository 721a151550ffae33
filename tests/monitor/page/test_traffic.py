"""What is said of traffic, refusals and the log."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.page.figures import Table
from monitor.page.records import Round
from monitor.page.sections import service, traffic, traffic_words
from monitor.page.sections.drawing import round_up, silences
from tests.monitor.page.made import AS_OF, Made, process, refusals, said


def table(tables: tuple[Table, ...], name: str) -> Table:
    return next(each for each in tables if each.name == name)


def test_the_last_whole_day_is_said_and_who_asked() -> None:
    made = Made().steady("branch", 500).steady("", 20)

    section = traffic.section(made.facts())

    assert said(section) == (
        "520 predictions on Wed 1 Jul, the last whole day; 15,600 from 2 Jun to 2 Jul, by (no key)"
        " and branch."
    )
    assert section.check.state == "ok"


def test_an_hour_that_is_not_over_is_not_the_last() -> None:
    made = Made({"last": "P7D"}, as_of=AS_OF + timedelta(minutes=20)).traffic("a", 7, 8, 2)

    section = traffic.section(made.facts())

    assert said(section).startswith("8 predictions in the hour from Wed 1 Jul, 23:00, the last")
    figure = section.groups[0].figures[0]
    assert "the dot is the hour that is not over" in figure.sub
    assert figure.svg.count('class="lone live2"') == 1
    assert (figure.svg.count("M"), figure.svg.count("L")) == (1, 1)


def test_a_gap_is_a_gap() -> None:
    made = Made().traffic("a", 5, 5, 0, 0, 0, 5, 0, 5)

    section = traffic.section(made.facts())

    assert (
        "4 days had none, the longest time without from 26 Jun 2026, 00:00 UTC to 29 Jun 2026,"
        " 00:00 UTC: there the lines break."
    ) in said(section)
    svg = section.groups[0].figures[0].svg
    assert svg.count("M") == 1  # the pair; the single ones are dots
    assert svg.count("<circle") == 2
    assert "none, 26 Jun" in svg


def test_one_day_without_is_named() -> None:
    section = traffic.section(Made().traffic("a", 5, 0, 5).facts())

    assert "None on Tue 30 Jun: there the lines break." in said(section)


def test_of_twelve_callers_each_has_a_chart_and_of_more_the_table_has_all() -> None:
    made = Made()
    for at in range(15):
        made.steady(f"caller-{at:02}", 10 + at)

    section = traffic.section(made.facts())

    titles = [figure.title for figure in section.groups[1].figures]
    assert len(titles) == 12 + 2
    assert titles[0] == "caller-14"
    heads = [column.key for column in table(section.folds, "traffic").columns]
    assert [f"caller-{at:02}" in heads for at in range(15)] == [True] * 15


def test_refused_requests_are_counted_also_where_their_rules_were_not_kept() -> None:
    made = Made().steady("a")
    known = refusals(made.window, 3, 4, suppressed=40, rules=(("type", "/age", 7), ("", "", 1)))

    section = traffic.section(made.where(refusals=known).facts())

    assert "47 requests were refused, 40 of them only counted" in said(section)
    last = table(section.folds, "traffic").rows[-1]
    assert last[3:5] == (44, 40)
    assert table(section.tables, "refusals").rows == (
        ("type", "/age", 7),
        ("unknown", "not a field of ours", 1),
    )


def test_without_any_prediction_it_says_how_to_send_the_first() -> None:
    section = traffic.section(Made().facts())

    assert section.check.text == "No prediction has been made yet."
    assert "curl http://127.0.0.1:8000/predict -H 'Content-Type: application/json'" in said(section)
    assert '"purpose": "car"' in said(section)
    made = Made()
    made.version = None
    assert "http://127.0.0.1:8000/docs" in said(traffic.section(made.facts()))
    assert section.groups == ()


def test_without_a_prediction_in_the_time_shown_it_leads_to_the_last() -> None:
    facts = Made().steady("a").facts()
    before = replace(facts.choices[0], last=date(2026, 2, 28))
    facts = Made({"caller": "a"}).where(choices=(before,)).facts()

    section = traffic.section(facts)

    assert section.check.state == "wait"
    assert "No prediction from 2 Jun to 2 Jul by these filters." in said(section)
    assert 'href="/?caller=a&amp;as_of=2026-03-01T00%3A00Z"' in str(section.waits)


@pytest.mark.parametrize(
    ("pause", "state"), [(0, "ok"), (2, "ok"), (3, "act")], ids=["none", "two hours", "three hours"]
)
def test_a_pause_is_worth_a_look_when_it_is_longer_than_usual(pause: int, state: str) -> None:
    hours = tuple(AS_OF - timedelta(hours=at) for at in range(24 * 28, pause, -1))

    check = traffic.section(Made().steady("a").where(busy_hours=hours).facts()).check

    assert check.state == state
    if pause == 3:
        assert check.headline == "no prediction since 1 Jul 2026, 21:00 UTC"
        assert "the longest pause of the four weeks before was under an hour." in check.text


def test_a_service_with_long_nights_is_quiet_only_after_twice_a_night() -> None:
    nights = [AS_OF - timedelta(hours=at) for at in range(24 * 28, 16, -1) if 8 <= at % 24 < 20]

    facts = Made().steady("a").where(busy_hours=tuple(nights)).facts()
    quiet = traffic_words.pause(facts)

    assert traffic.section(facts).check.state == "ok"
    assert quiet == (timedelta(hours=16), timedelta(hours=12))


def test_nothing_is_usual_before_two_weeks() -> None:
    hours = tuple(AS_OF - timedelta(hours=at) for at in range(24 * 13, 24 * 5, -1))

    assert traffic_words.pause(Made().where(busy_hours=hours).facts()) is None
    assert traffic_words.pause(Made().where(busy_hours=()).facts()) is None


def test_counts_that_stand_still_are_said_first() -> None:
    made = Made().steady("a").where(now=AS_OF + timedelta(minutes=6))

    check = service.counts_check(made.facts())

    assert check.state == "act"
    assert check.headline == "the monitor has not counted since 2 Jul 2026, 00:00 UTC"


def test_counts_go_on_and_some_hours_wait() -> None:
    check = service.counts_check(Made().where(round=Round(AS_OF, AS_OF, 1)).facts())

    assert (check.state, check.text) == (
        "ok",
        "Counted until 2 Jul 2026, 00:00 UTC. 1 hour of rows waits.",
    )


def test_before_the_first_round_nothing_is_judged() -> None:
    check = service.counts_check(Made().where(round=Round(AS_OF, None, 3)).facts())

    assert (check.state, check.text[:35]) == ("wait", "The monitor has done no round yet; ")


def test_rows_in_the_spool_of_a_silent_process_are_an_action() -> None:
    held = process(state="silent", waiting=7, counted_at=AS_OF - timedelta(days=2))
    idle = process(state="silent")

    check = service.log_check(Made().steady("a").where(processes=(idle, held)).facts())

    assert check.state == "act"
    assert check.headline == "7 answered rows are not in the log"
    assert check.text == (
        "7 answered rows lie in the spool of 1 process silent since 30 Jun 2026, 00:00 UTC"
        " (host-a): start one with that spool."
    )


def test_rows_on_their_way_are_no_action_and_quarantined_ones_worth_a_look() -> None:
    waiting = Made().steady("a").where(processes=(process(waiting=3),))
    lost = Made().steady("a").where(processes=(process(quarantined=2),))

    assert service.log_check(waiting.facts()).text == (
        "95% of the rows stored within 0.24 s; 3 on their way."
    )
    assert service.log_check(lost.facts()).state == "ask"
    assert "2 rows in quarantine" in service.log_check(lost.facts()).text


def test_a_log_that_is_minutes_behind_is_an_action() -> None:
    facts = Made().steady("a").facts()
    facts.counts.lags[-1] = 0
    facts.counts.lags[-1, 10] = 500  # one to five minutes

    check = service.log_check(facts)

    assert check.state == "act"
    assert check.text == "Rows arrive late: 95% within 4.8 min, in the last day."


def test_nothing_is_said_of_a_log_that_nobody_told_of() -> None:
    assert service.log_check(Made().where(processes=()).facts()).state == "wait"


@pytest.mark.parametrize(("refused", "state"), [(0, "ok"), (19, "ok"), (26, "ok"), (27, "act")])
def test_one_refused_request_to_twenty_predictions_is_an_action(refused: int, state: str) -> None:
    made = Made().steady("a", 500)

    check = service.refusals_check(made.where(refusals=refusals(made.window, refused)).facts())

    assert check.state == state
    assert "beside 500 predictions" in check.text


def test_a_handful_of_tries_is_none() -> None:
    made = Made().traffic("a", 1)
    facts = made.where(refusals=refusals(made.window, 19)).facts()

    assert service.refusals_check(facts).state == "ok"
    assert service.refusals_check(Made().facts()).text == "No request yet."


def test_a_day_that_is_not_over_is_judged_with_the_one_before() -> None:
    made = Made(as_of=AS_OF + timedelta(minutes=5)).traffic("a", 500, 1)

    check = service.refusals_check(made.where(refusals=refusals(made.window, 20, 1)).facts())

    assert (check.state, check.text) == (
        "ok",
        "21 requests since 1 Jul 2026, 00:00 UTC, beside 501 predictions (4%).",
    )


def test_what_is_refused_has_no_caller() -> None:
    check = service.refusals_check(Made({"caller": "a"}).steady("a").facts())

    assert check.state == "shown"


def test_of_a_past_moment_neither_counts_nor_log_have_a_state() -> None:
    facts = Made({"as_of": "2026-07-02"}).steady("a").facts()

    assert {service.log_check(facts).state, service.counts_check(facts).state} == {"shown"}


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (7.2, 8), (0.0712, 0.08), (1479, 1500), (10, 10), (81, 100)]
)
def test_axes_end_at_round_numbers(value: float, top: float) -> None:
    assert round_up(value) == top


def test_silences_lie_between_steps_with_traffic() -> None:
    assert silences([0, 0, 3, 0, 0, 2, 1, 0]) == [(3, 5)]
    assert silences([0, 0]) == []
