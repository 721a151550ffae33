"""The state of the service in a sentence, and what served."""

from datetime import timedelta

import pytest

from monitor.judging.sections import OutcomesSection, PerformanceSection
from monitor.page import outlook
from monitor.page.content import Content, content
from monitor.page.facts import Facts
from monitor.page.figures import Check
from monitor.page.rendering import page
from monitor.page.sections import served
from tests.monitor.page.made import AS_OF, NAME, Made, activation, process, said, version

JUDGED = (
    OutcomesSection(Check("outcomes", "Outcomes", "ok", "All here."), ("Waits.", "Until then.")),
    PerformanceSection(Check("performance", "Performance", "ok", "As said."), ("Waits.", ""), ""),
)


def made_of(facts: Facts) -> Content:
    return content(facts, JUDGED)


def test_nothing_is_wrong_that_the_counts_show() -> None:
    found = made_of(Made().steady("a").facts())

    assert found.headline.title == "Nothing is wrong that the counts show"
    assert "shown against training and not tested." in found.headline.lead
    assert [check.id for check in found.checks] == [
        "incidents",
        "traffic",
        "refusals",
        "log",
        "scores",
        "features",
        "quality",
        "outcomes",
        "performance",
        "served",
        "counts",
    ]


def test_counts_that_stand_still_go_before_rows_that_are_held_back() -> None:
    made = Made().steady("a").where(now=AS_OF + timedelta(hours=1))
    held = process(state="silent", waiting=1)

    headline = made_of(made.where(processes=(held,)).facts()).headline

    assert headline.title == ("Action due: the monitor has not counted since 2 Jul 2026, 00:00 UTC")
    assert headline.lead.endswith("1 more below.")


def test_rows_that_are_held_back_are_an_action() -> None:
    held = process(state="silent", waiting=1)

    headline = made_of(Made().steady("a").where(processes=(held,)).facts()).headline

    assert headline.title == "Action due: 1 answered row is not in the log"


def test_what_is_undetermined_is_worth_a_look() -> None:
    headline = made_of(
        Made().steady("a").where(processes=(process(quarantined=1),)).facts()
    ).headline

    assert headline.title == "Worth a look: 1 row cannot be stored"


def test_without_any_prediction_nothing_can_be_judged() -> None:
    made = Made()
    made.version = None
    found = made_of(made.where(activations=(), processes=()).facts())

    assert found.headline.title == "No prediction has been made yet"
    assert {check.state for check in found.checks[:6]} == {"wait"}


def test_without_a_prediction_in_the_time_shown_it_says_so() -> None:
    choices = Made().steady("a").facts().choices

    headline = made_of(Made().where(choices=choices).facts()).headline

    assert headline.title == "No prediction in the time shown"


def test_what_waits_is_named() -> None:
    assert "not judged yet: scores, features, data quality" in (
        made_of(Made().traffic("a", 30).facts()).headline.lead
    )


def test_a_past_moment_has_its_notice_and_the_way_back() -> None:
    html = page(made_of(Made({"as_of": "2026-07-02", "caller": "a"}).steady("a").facts()))

    assert "You see the page as of 2 Jul 2026, 00:00 UTC." in html
    assert '<a href="/?caller=a">As of now</a>' in html
    assert "as far as the counts of then go" in html
    assert "not judged yet" not in html.split("</h1>")[1].split("</p>")[0]


def test_before_the_first_prediction_of_all_the_past_says_so() -> None:
    found = made_of(Made({"as_of": "2026-07-02"}).facts())

    assert found.headline.title == "No prediction had been made by then"
    assert said(found.before[0]) == (
        "No prediction had been made by 2 Jul 2026, 00:00 UTC. The page as of now"
    )


def test_the_title_is_the_state() -> None:
    html = page(made_of(Made().steady("a").facts()))

    assert (
        "<title>Nothing is wrong that the counts show. Loans of a bank, 2 Jul 2026</title>" in html
    )


def test_a_name_with_html_is_text() -> None:
    html = page(made_of(Made().steady("<script>x</script>").facts()))

    assert "<script" not in html
    assert "&lt;script&gt;x&lt;/script&gt;" in html


def test_nothing_in_the_page_needs_a_script_or_an_inline_style() -> None:
    html = page(made_of(Made().steady("a").facts()))

    assert " style=" not in html
    assert "<script" not in html
    assert "<style" not in html


def test_whoever_signed_in_can_sign_out() -> None:
    found = made_of(Made().steady("a").facts())

    assert '<form class="out" action="/sign-out" method="post">' in page(found, "ri<k")
    assert "Sign out ri&lt;k" in page(found, "ri<k")
    assert "sign-out" not in page(found)


def test_a_filter_offers_what_was_asked_for_though_it_is_not_there() -> None:
    html = page(made_of(Made({"caller": "gone"}).facts()))

    assert "<option selected>gone</option>" in html


def test_what_served_is_said_with_its_reason() -> None:
    facts = (
        Made()
        .steady("a")
        .where(
            activations=(activation(days_ago=3, previous="old-1", reason="activated"), activation())
        )
    )

    section = served.section(facts.facts())

    assert said(section) == (
        f"Version {NAME} was taken up last, on 29 Jun 2026, 00:00 UTC, by host-a: made active while"
        " it served. 1 change of version since 2 Jun."
    )
    assert section.check.text == f"{NAME}, first on 24 Mar 2026."
    assert [row[1] for row in section.folds[0].rows] == [NAME, NAME]


def test_two_versions_at_once_are_worth_a_look() -> None:
    both = (activation("m-2", 1, process_id="p2"), activation("m-1"))
    running = (process(), process(process_id="p2"))

    check = served.section(
        Made().steady("a").where(activations=both, processes=running).facts()
    ).check

    assert (check.state, check.text) == ("ask", "2 versions at once: m-1 and m-2.")
    assert check.headline == "2 versions answer at once"


def test_a_process_that_ended_serves_nothing() -> None:
    both = (activation("m-2", 1, process_id="p2"), activation("m-1"))

    assert served.serving(Made().where(activations=both).facts()) == ["m-1"]
    assert served.serving(Made().where(activations=both, processes=()).facts()) == ["m-2"]


def test_without_an_activation_the_section_waits_or_names_who_answered() -> None:
    assert served.section(Made().where(activations=()).facts()).waits
    section = served.section(Made().steady("a").where(activations=()).facts())
    assert said(section) == "No api has told what it serves; these versions answered."
    assert section.groups


def test_the_built_in_sample_means_nothing_and_it_is_said() -> None:
    made = Made().steady("a")
    made.version = version(is_sample=True)

    found = made_of(made.facts())

    assert "was trained on the built-in sample" in page(found)
    assert found.headline.title == "Worth a look: the model was trained on the built-in sample"


def test_outcomes_that_took_too_long_keep_their_place() -> None:
    html = page(content(Made().steady("a").facts(), outlook.too_long()))

    assert html.count("Not shown as of then: reading the log again took too long.") == 4


@pytest.mark.parametrize("name", ["traffic", "scores", "features", "quality", "versions", "served"])
def test_every_table_has_its_name(name: str) -> None:
    found = made_of(Made().steady("a").facts()).table(name)

    assert found is not None
    assert found.rows


def test_there_is_no_table_of_another_name() -> None:
    assert made_of(Made().steady("a").facts()).table("passwords") is None
