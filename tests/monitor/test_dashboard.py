"""Each panel of the Grafana dashboard asks what can be answered."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Database
from tests.monitor.test_alerts import promtool

ROOT = Path(__file__).parents[2]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "monitor" / "grafana.json").read_text("utf-8"))
TARGETS = [
    (panel["title"], target) for panel in DASHBOARD["panels"] for target in panel.get("targets", ())
]
QUERIES = [
    *((title, target["rawSql"]) for title, target in TARGETS if "rawSql" in target),
    *((item["name"], item["query"]) for item in DASHBOARD["templating"]["list"]),
    *((item["name"], item["rawQuery"]) for item in DASHBOARD["annotations"]["list"]),
]
_LISTS = "'{}', '{}'"


def expanded(query: str) -> str:
    """The query with Grafana's macros and variables in their places."""
    span = r"\1 BETWEEN '2026-06-01T00:00:00Z' AND '2026-08-01T00:00:00Z'"
    query = re.sub(r"\$__timeFilter\((\w+)\)", span, query)
    query = re.sub(r"\$\{model_version:sqlstring\}", "'m','n'", query)
    query = re.sub(r"\$\{caller:sqlstring\}", "'','web'", query)
    assert "$" not in query
    return query


@pytest.fixture
def counted(database: Database) -> Database:
    """Something for each panel to show."""
    database.query("UPDATE rollup_state SET as_of = '2026-07-20 00:00Z'")
    database.query(
        "INSERT INTO rollup_hour (hour, model_version, caller, route, part, predictions, positives,"
        " probability_sum, past_the_spool, lags, durations)"
        f" VALUES ('2026-07-01 10:00Z', 'm', '', '/predict', 'live', 4, 1, 1, 0, {_LISTS})"
    )
    database.query(
        "INSERT INTO outcome_day (day, model_version, caller, route, due_on, predictions,"
        " unreported, interim, good, bad, retracted, unobservable, contested, probability_sum,"
        " good_sum, good_squares, bad_sum, bad_squares, good_scores, bad_scores, good_ages,"
        " bad_ages)"
        " VALUES ('2026-07-01', 'm', '', '/predict', '2026-07-10', 4, 1, 0, 2, 1, 0, 0, 0, 1, 0, 0,"
        f" 0, 0, {_LISTS}, {_LISTS})"
    )
    database.query(
        "INSERT INTO rejected_request (rejected_at, request_id, route, status, errors, suppressed)"
        " VALUES ('2026-07-01 10:00Z', 'r', '/predict', 422, '[]', 2)"
    )
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, accepted, answered,"
        " committed, spooled, drained, duplicate, quarantined, refused)"
        " VALUES (gen_random_uuid(), now(), now(), 1, 1, 1, 0, 0, 0, 0, 0)"
    )
    database.query(
        "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
        " model_version, reason) VALUES (gen_random_uuid(), '2026-07-01 10:00Z', gen_random_uuid(),"
        " 'host', 'm', 'start')"
    )
    database.query(
        "INSERT INTO incident (incident_id, model_version, number, opened_at)"
        " VALUES (1, 'm', 1, '2026-07-01 10:00Z')"
    )
    database.query(
        "INSERT INTO incident_record (record_id, incident_id, at, kind, content)"
        " VALUES (1, 1, '2026-07-01 10:00Z', 'opened', '{}')"
    )
    database.query("INSERT INTO operator_note (at, body) VALUES ('2026-07-01 09:00Z', 'app 4.2')")
    return database


def test_every_query_is_answered_to_the_analyst(counted: Database) -> None:
    assert len(QUERIES) > 10
    for title, query in QUERIES:
        rows = counted.query(expanded(query), role="analyst")

        assert rows, title
        if " AS time" in query:
            assert isinstance(rows[0][0], datetime.datetime), title


def test_figures_of_a_panel_are_those_of_the_counts(counted: Database) -> None:
    by_title = {title: expanded(query) for title, query in QUERIES}

    (coverage,) = counted.query(by_title["Coverage of what is due"], role="analyst")
    (refused,) = counted.query(
        by_title["Refused requests an hour, as far as they were kept"], role="analyst"
    )

    assert coverage[1:] == ("m", 0.75)
    assert refused[1:] == ("422", 3)


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel_{number}", "expr": target["expr"]}
        for number, (_, target) in enumerate(TARGETS)
        if "expr" in target
    ]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    result = promtool("check", "rules", file)

    assert result.returncode == 0, result.stderr
    assert f"{len(rules)} rules found" in result.stdout


def test_panels_say_what_they_show_and_lie_beside_each_other() -> None:
    panels = DASHBOARD["panels"]
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels if panel["type"] != "row")
    assert DASHBOARD["timezone"] == "utc"
    sources = {source["name"] for source in DASHBOARD["__inputs"]}
    assert set(re.findall(r"\$\{(DS_\w+)\}", json.dumps(DASHBOARD))) == sources
