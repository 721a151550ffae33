"""The section of incidents, as text."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

from monitor.incidents.incident import Incident
from monitor.page.content import content
from monitor.page.sections import features, incidents, quality, scores
from monitor.page.sections.state import headline
from monitor.page.watched import Watched
from tests.monitor.incidents import made
from tests.monitor.page.made import AS_OF, Made, said
from tests.monitor.page.test_state import JUDGED

WATCHED = Watched(AS_OF - timedelta(days=40), AS_OF)
RECENT = timedelta(days=50)


def of(*found: Incident, watched: Watched | None = WATCHED) -> Made:
    """A steady service with these incidents, of lately."""
    moved = tuple(_later(one) for one in found)
    return Made().steady("a").where(incidents=moved, watched=watched)


def _later(one: Incident) -> Incident:
    return replace(
        one,
        opened_at=one.opened_at + RECENT,
        onset=one.onset + RECENT,
        onset_interval=(one.onset_interval[0] + RECENT, one.onset_interval[1] + RECENT),
        closed_at=one.closed_at and one.closed_at + RECENT,
    )


def test_without_one_it_says_what_is_watched_since_when() -> None:
    section = incidents.section(of().facts())

    assert (section.check.state, section.check.text) == (
        "ok",
        "None is open. Watched until 2 Jul 2026, 00:00 UTC.",
    )
    assert section.waits == (
        "No incident is open.",
        "Watched is every hour from 23 May 2026, 00:00 UTC until 2 Jul 2026, 00:00 UTC: 10"
        " features and the scores of version loans-1a2b3c, its traffic by caller, and each day the"
        " outcomes that fell due.",
    )


def test_before_the_first_look_it_says_what_it_waits_for() -> None:
    section = incidents.section(of(watched=None).facts())

    assert section.check.state == "wait"
    assert section.waits == (
        "Nothing is watched yet, so that no incident can be found.",
        "The first look comes with the first hour of predictions that is over.",
    )


def test_without_a_profile_it_says_how_to_make_one() -> None:
    some = of(watched=None)
    assert some.version is not None
    some.version = replace(some.version, profile=None)

    section = incidents.section(some.facts())

    assert section.check.text.endswith("has no profile of its training part to compare with.")
    assert section.waits
    assert "<code>trainer profile loans-1a2b3c</code>" in section.waits[1]


def test_what_calls_for_action_comes_first_and_is_the_headline() -> None:
    some = (made.incident("volume", 4), made.incident("undetermined", 3), made.incident("unit", 2))
    facts = of(*some, made.closed(incident_id=1)).facts()
    section = incidents.section(facts)

    assert [item.incident.incident_id for item in section.items] == [2, 3, 4, 1]
    assert section.lead.startswith("3 incidents are open. 1 was closed since 2 Jun. Watched is")
    assert section.check.state == "act"
    assert section.check.text == (
        "3 open, 1 of them with action due: MonthlyIncomeOfTheHousehold is 12 times too high."
    )
    found = headline(facts, [section.check])
    assert found.title == "Action due: MonthlyIncomeOfTheHousehold is 12 times too high"
    assert found.lead.startswith("Since 27 Jun 2026, 03:00 UTC. A fault of unit or scale")


def test_an_undetermined_one_is_worth_a_look() -> None:
    facts = of(made.incident("undetermined")).facts()
    check = incidents.section(facts).check

    assert (check.state, check.text) == (
        "ask",
        "1 open, undetermined: cases with age below 32 go bad 1.5 times as often as the model"
        " says; the cause is open.",
    )
    assert headline(facts, [check]).title.startswith("Worth a look: cases with age below 32 go bad")


def test_an_explained_one_is_known_and_nothing_is_wrong() -> None:
    facts = of(made.incident("traffic_mix")).facts()
    found = content(facts, JUDGED)

    assert found.headline.title == "Nothing is known to be wrong"
    assert "Known, and nothing to do: broker sends 45% of the rows, 20% before" in (
        found.headline.lead
    )


def test_with_none_open_the_headline_says_that_it_was_looked_for() -> None:
    found = content(of().facts(), JUDGED).headline

    assert found.title == "Nothing is known to be wrong"
    assert "and no incident is open" in found.lead
    assert "not tested" not in found.lead


def test_only_the_latest_of_the_closed_stand_on_the_page() -> None:
    closed = [
        replace(made.closed(incident_id=at), closed_at=made.CLOSED - timedelta(hours=at))
        for at in range(1, 6)
    ]
    long_ago = replace(made.closed(incident_id=9), closed_at=made.CLOSED - RECENT)

    section = incidents.section(of(*closed, long_ago).facts())

    assert [item.incident.incident_id for item in section.items] == [1, 2, 3]
    assert section.lead == "5 were closed since 2 Jun; the last 3 of them stand here."
    assert section.waits


def test_an_item_says_since_when_why_what_it_costs_and_what_is_due() -> None:
    item = incidents.section(of(made.incident("concept_segment")).facts()).items[0]

    assert item.text == (
        "Since 27 Jun 2026, 03:00 UTC, between 27 Jun, 01:00 and 06:00 UTC, by business time."
        " Concept drift in one segment: cases look as they did, their risk there does not. It goes"
        " on. Action due: consider retraining. 0.26 instead of 0.21 (log loss a case), measured on"
        " 9,611 due cases."
    )
    assert item.meta.startswith("Incident 1, opened 27 Jun 2026, 09:00 UTC, diagnosed")


def test_an_undetermined_item_says_its_onset_once() -> None:
    item = incidents.section(of(made.incident("undetermined")).facts()).items[0]

    assert item.text.count("27 Jun 2026, 03:00 UTC") == 1


def test_sections_say_what_is_open_of_theirs() -> None:
    facts = of(made.incident("missing", 3), made.incident("model_swap", 4)).facts()

    assert "Open: incident 3, MonthlyIncomeOfTheHousehold is missing" in unescape(
        said(features.section(facts))
    )
    assert "Open: incident 3" in said(quality.section(facts))
    assert "Open: incident 4, 1,990 of 2,000 scores" in said(scores.section(facts))
    assert features.section(facts).check.state == "act"
    assert scores.section(facts).check.text.startswith("Incident 4, 1,990 of 2,000 scores")


def test_sections_say_that_they_are_watched_or_not() -> None:
    watched, unwatched = of().facts(), of(watched=None).facts()

    for section in (features, quality, scores):
        assert section.section(watched).check.text.startswith("No incident: ")
        assert section.section(watched).check.state == "ok"
        assert section.section(unwatched).check.text.startswith("Not tested: ")


def test_another_versions_incident_is_no_state_of_this_ones_sections() -> None:
    other = replace(made.incident("missing"), model_version="other")

    assert features.section(of(other).facts()).check.state == "ok"


def test_a_moved_volume_is_drawn_and_outcomes_are_not() -> None:
    facts = of(made.incident("volume", 2), made.incident("concept_global", 1)).facts()
    first, second = incidents.section(facts).items

    assert first.figure is None
    assert second.figure is not None
    assert second.figure.title == "Rows an hour"
    assert second.figure.note == "band: as before, 750 to 1,250; shaded: the onset"


def test_by_the_filters_of_a_caller_nothing_is_drawn() -> None:
    some = Made({"caller": "a"}).steady("a")
    facts = some.where(incidents=(_later(made.incident("volume")),), watched=WATCHED).facts()

    assert incidents.section(facts).items[0].figure is None


def test_the_band_is_as_wide_as_was_declared() -> None:
    some = of(made.incident("volume"))
    assert some.version is not None
    declared = {"declaration": {"tolerances": {"volume": 0.5}}}
    some.version = replace(some.version, metadata=some.version.metadata | declared)

    figure = incidents.section(some.facts()).items[0].figure

    assert figure is not None
    assert figure.note == "band: as before, 500 to 1,500; shaded: the onset"
