"""The addresses of incidents over a real PostgreSQL."""

import csv
import io
import re
from html import unescape

import httpx
import pytest

from monitor.guard import POLICY
from tests.monitor.page import told

BEFORE = "2026-05-08T08:00Z"
UNDIAGNOSED = "2026-05-08T09:30Z"


def text(answer: httpx.Response) -> str:
    """The page without tags, in one line."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_overview_begins_with_what_calls_for_action(site: httpx.Client) -> None:
    page = site.get("/")
    said = text(page)

    assert "<h1>Action due: cases go bad 1.7 times as often as the model says</h1>" in page.text
    assert "6 open, 4 of them with action due" in said
    assert "6 incidents are open. 2 were closed since 28 Apr." in said
    shown = re.findall(r'href="/incidents/(\d)"', page.text.split('id="incidents"')[1])
    assert shown[:8] == ["8", "7", "6", "3", "4", "5", "2", "1"]


def test_sections_link_to_the_open_incidents_of_their_columns(site: httpx.Client) -> None:
    page = site.get("/").text
    features = page.split('id="features"')[1].split("</section>")[0]
    scores = page.split('id="scores"')[1].split("</section>")[0]
    quality = page.split('id="quality"')[1].split("</section>")[0]

    assert 'Open: <a href="/incidents/7">incident 7</a>, MonthlyIncomeOfTheHousehold' in features
    assert '<br>Incidents <a href="/incidents/7">7</a>, <a href="/incidents/6">6</a>' in features
    assert '<a href="/incidents/7">incident 7</a>' in scores
    assert "/incidents/" not in quality


def test_as_of_an_earlier_time_the_overview_knows_no_more(site: httpx.Client) -> None:
    before = text(site.get("/", params={"as_of": BEFORE}))
    then = site.get("/", params={"as_of": UNDIAGNOSED})

    assert "No incident is open." in before
    assert "Watched is every hour from 3 May 2026, 00:00 UTC until 8 May 2026, 08:00" in before
    assert "8 incidents are open." in text(then)
    assert 'href="/incidents/8?as_of=2026-05-08T09%3A30Z"' in then.text


def test_every_incident_has_a_page_with_its_title_and_state(site: httpx.Client) -> None:
    for incident in told.incidents():
        answer = site.get(f"/incidents/{incident.incident_id}")

        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        heading = unescape(answer.text.split("<h1>")[1].split("</h1>")[0])
        assert f"<title>Incident {incident.incident_id}: {heading[:20]}" in unescape(answer.text)
        assert " style=" not in answer.text
        assert "<script" not in answer.text
        assert "nan" not in answer.text.lower().split("</head>")[1].replace("monitoring", "")


def test_a_page_says_and_draws_what_moved(site: httpx.Client) -> None:
    page = site.get("/incidents/6")
    said = text(page)

    assert "Open for 20 days, action due" in said
    assert "Median 4,851 before, 4,189 USD after; missing in 19.4% before, 4.1% after" in said
    assert "MonthlyIncomeOfTheHousehold: share below 4,878, by day" in said
    assert "None of the other columns left its tolerance." in said
    assert "Note by ops: app 4.2 <b>rolled out</b> at mobile" in said
    assert "1 event is known within 7 days of the onset" in said
    assert 'href="/api/incidents/6"' in page.text
    # The onset's interval, and what is beyond tolerance.
    assert 'class="zone"' in page.text
    assert 'class="fill-warn"' in page.text
    assert 'class="warn1"' in page.text


def test_outcomes_are_compared_by_what_the_diagnosis_told_apart(site: httpx.Client) -> None:
    page = site.get("/incidents/3")
    said = text(page)

    assert "Observed over expected, by age" in said
    assert "age below 32 0.99 1.76" in said
    assert "all others 0.99 1.01" in said
    assert "Observed over expected, by week of prediction" in said
    assert "not due yet" in said
    assert "rows to fit" in said
    assert said.count("the page as of then") == 3


def test_an_incident_as_of_a_time_is_what_was_known_then(site: httpx.Client) -> None:
    said = text(site.get("/incidents/3", params={"as_of": "2026-05-08T12:00Z"}))

    assert "You see this incident as it was known on 8 May 2026, 12:00 UTC. As known now" in said
    assert "Open for 3 hours, undetermined: wait" in said
    assert "What would decide" in said
    assert "9 May 2026, 09:00 UTC" not in said


def test_one_that_is_not_diagnosed_yet_says_so(site: httpx.Client) -> None:
    said = text(site.get("/incidents/7", params={"as_of": UNDIAGNOSED}))

    assert "Open for less than an hour, not diagnosed yet" in said
    assert "in 3% of its values, 50% before; the cause is open" in said


def test_a_closed_one_is_drawn_until_after_its_end(site: httpx.Client) -> None:
    said = text(site.get("/incidents/1"))

    assert "Closed: everything is back, after 5 days" in said
    assert "against what came from it until the end" in said
    assert "20 May" not in said.split("Time line")[1].split("How the diagnosis")[0]


@pytest.mark.parametrize(
    ("number", "name", "column"),
    [
        (6, "columns", "after_share"),
        (6, "others", "tolerance_points"),
        (6, "moved", "log_evidence"),
        (6, "fitted", "value"),
        (3, "due", "after_ratio"),
    ],
)
def test_every_picture_has_its_table(
    site: httpx.Client, number: int, name: str, column: str
) -> None:
    answer = site.get(f"/incidents/{number}/{name}.csv")

    found = rows(answer)
    assert column in found[0]
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="incident-{number}-{name}.csv"'
    assert f'href="/incidents/{number}/{name}.csv"' in site.get(f"/incidents/{number}").text


def test_shares_of_a_column_add_up_on_both_sides(site: httpx.Client) -> None:
    found = [
        row
        for row in rows(site.get("/incidents/6/columns.csv"))
        if row["feature"] == "MonthlyIncomeOfTheHousehold"
    ]

    for side in ("training_share", "before_share", "after_share"):
        assert sum(float(row[side]) for row in found) == pytest.approx(1)


def test_the_list_has_its_filters_and_its_file(site: httpx.Client) -> None:
    every, still = text(site.get("/incidents")), text(site.get("/incidents?state=open"))
    closed = site.get("/incidents?state=closed")
    file = rows(site.get("/incidents.csv?state=closed"))

    assert "8 incidents, 6 open" in every
    assert "6 incidents open" in still
    assert re.findall(r'<h2><a href="/incidents/(\d)', closed.text) == ["2", "1"]
    assert [(row["incident_id"], row["ending"]) for row in file] == [
        ("2", "accepted"),
        ("1", "back"),
    ]
    assert 'href="/incidents.csv?state=closed"' in closed.text
    assert "No incident by these filters." in text(site.get("/incidents?version=other"))
    assert "<option selected>other</option>" in site.get("/incidents?version=other").text
    assert "No incident is open" in text(site.get(f"/incidents?state=open&as_of={BEFORE}"))


@pytest.mark.parametrize(
    "address",
    [
        "/incidents?state=gone",
        "/incidents?caller=a",
        "/incidents.csv?as_of=yesterday",
        "/incidents/1?as_of=yesterday",
        "/incidents/1?caller=a",
        "/incidents/1/moved.csv?caller=a",
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(site: httpx.Client, address: str) -> None:
    answer = site.get(address)

    assert answer.status_code == 400
    assert "." in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/incidents/9",
        "/incidents/0",
        f"/incidents/{2**70}",
        f"/incidents/1?as_of={BEFORE}",
        "/incidents/9/moved.csv",
        "/incidents/1/passwords.csv",
    ],
)
def test_what_there_is_not_is_not_found(site: httpx.Client, address: str) -> None:
    answer = site.get(address)

    assert answer.status_code == 404
    assert "no" in answer.text
