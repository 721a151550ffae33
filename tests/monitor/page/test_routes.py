"""The page's addresses over a real PostgreSQL."""

import csv
import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.database import Database as MonitorDatabase
from monitor.guard import POLICY
from monitor.page import facts
from monitor.page.filters import Filters
from monitor.page.kept import Kept
from monitor.page.rendering import STYLESHEET_PATH
from tests.conftest import PASSWORD, Database
from tests.monitor.page import story

NOON = datetime(2026, 7, 2, 12, 20, tzinfo=UTC)


def told(database: Database) -> None:
    """Three days by two callers; on the last also by the hour, until noon."""
    story.register(database)
    teller, rows = story.Teller.of(), []
    for caller in ("a", ""):
        story.add_days(
            database,
            [
                (f"2026-06-{day}", story.VERSION, caller, "/predict", *teller.row(100))
                for day in (29, 30)
            ],
        )
        rows += [
            (
                NOON.replace(hour=hour, minute=0),
                story.VERSION,
                caller,
                "/predict",
                *teller.row(10 + hour),
            )
            for hour in range(13)
        ]
        story.add_days(
            database, [("2026-07-02", story.VERSION, caller, "/predict", *teller.row(208))]
        )
    story.add_hours(database, rows)
    story.counted(database, NOON)


def table(client: httpx.Client, name: str, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/tables/{name}.csv{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def read(database: Database, **query: str) -> facts.Facts:
    monitor = MonitorDatabase(database.url("monitor"), lambda: PASSWORD)
    try:
        with monitor.snapshot() as connection:
            return facts.read(connection, Filters.parse(query), NOON, Kept())
    finally:
        monitor.close()


def test_the_page_has_its_policy_and_names_no_other_host(
    client: httpx.Client, database: Database
) -> None:
    told(database)

    answer = client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http" not in answer.text.replace("http-equiv", "")
    assert "As of <time" in answer.text


def test_the_style_sheet_may_be_kept_for_ever(client: httpx.Client) -> None:
    answer = client.get(STYLESHEET_PATH)

    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert STYLESHEET_PATH in client.get("/").text


@pytest.mark.parametrize("path", ["/", "/tables/traffic.csv"])
@pytest.mark.parametrize(
    "query",
    ["last=P2D", "as_of=2026-07-02T12:00", "as_of=2999-01-01", "x=1", "caller=%00", "by=%F0%9F"],
)
def test_a_query_that_cannot_be_answered_gets_400_and_a_sentence(
    client: httpx.Client, path: str, query: str
) -> None:
    answer = client.get(f"{path}?{query}")

    assert answer.status_code == 400
    assert answer.text.strip()
    assert answer.headers["content-security-policy"] == POLICY


def test_the_future_is_not_shown(client: httpx.Client) -> None:
    answer = client.get("/?as_of=2099-01-01")

    assert answer.status_code == 400
    assert "as_of lies in the future: 1 Jan 2099, 00:00 UTC" in answer.text


def test_while_business_time_is_held_what_is_later_is_the_future(
    client: httpx.Client, database: Database
) -> None:
    database.query("UPDATE rollup_state SET as_of = '2020-05-01 00:00Z', rolled_at = now()")
    database.query("INSERT INTO monitor_clock (as_of) VALUES ('2020-05-01 00:00Z')")

    answer = client.get("/?as_of=2020-05-02")

    assert answer.status_code == 400
    assert "lies in the future: 2 May 2020, 00:00 UTC; it is 1 May 2020" in answer.text


def test_without_postgres_it_is_503_and_says_that_predictions_go_on(
    client: httpx.Client, database: Database
) -> None:
    database.query(f"REVOKE CONNECT ON DATABASE {database.name} FROM monitor")

    page, rows = client.get("/"), client.get("/tables/traffic.csv")

    assert (page.status_code, rows.status_code) == (503, 503)
    assert "Predictions go on" in page.text
    assert "Predictions go on" in rows.text


def test_an_unknown_table_is_404(client: httpx.Client) -> None:
    assert client.get("/tables/passwords.csv").status_code == 404
    assert client.get("/tables/..%2Fpage.csv").status_code == 404


def test_the_table_has_the_filters_of_the_page(client: httpx.Client, database: Database) -> None:
    told(database)

    rows = table(client, "traffic", "?caller=(no+key)")

    assert [(row["from"], row["all"]) for row in rows if row["all"]] == [
        ("2026-06-29", "100"),
        ("2026-06-30", "100"),
        ("2026-07-02", "208"),
    ]
    assert "a" not in rows[0]


def test_hours_and_days_tell_the_same(client: httpx.Client, database: Database) -> None:
    told(database)

    by_hour = table(client, "traffic", "?last=P7D&by=hour")
    by_day = table(client, "traffic", "?last=P7D&by=day")

    today = [int(row["all"] or 0) for row in by_hour if row["from"].startswith("2026-07-02")]
    assert sum(today) == int(by_day[-1]["all"]) == 416
    assert len(today) == 13


def test_an_earlier_moment_counts_its_whole_hours_only(database: Database) -> None:
    told(database)

    live = read(database)
    past = read(database, as_of="2026-07-02T03:40Z")
    hourly = read(database, as_of="2026-07-02T03:40Z", last="P7D")

    assert live.counts.by_caller[:, -1].tolist() == [208, 208]
    assert past.counts.by_caller[:, -1].tolist() == [33, 33]
    assert int(hourly.counts.by_caller.sum()) == 66
    assert past.counts.seen.cells.sum() > 0
    assert past.window.past


def test_both_parts_of_an_hour_are_summed(database: Database) -> None:
    told(database)
    before = int(read(database, last="P7D").counts.by_caller.sum())

    database.query(
        "INSERT INTO rollup_hour SELECT hour, model_version, caller, route, 'retired', predictions,"
        " positives, probability_sum, past_the_spool, lags, durations, cells FROM rollup_hour"
    )

    found = read(database, last="P7D").counts
    assert int(found.by_caller.sum()) == 2 * before
    assert int(found.seen.counted.sum()) == 2 * before
    assert found.lags.sum() == 2 * before


def test_cells_of_another_size_are_in_no_cell(database: Database) -> None:
    told(database)
    database.query("UPDATE rollup_day SET cells = NULL WHERE day = '2026-06-29'")
    database.query("UPDATE rollup_day SET cells = '{1,2}' WHERE day = '2026-06-30'")

    seen = read(database).counts.seen

    assert seen.predictions.sum() - seen.counted.sum() == 400


def test_the_version_that_was_activated_last_is_shown_if_it_predicted(database: Database) -> None:
    told(database)
    database.query(
        "UPDATE rollup_day SET model_version = 'old-1' WHERE day = '2026-06-29' AND caller = 'a'"
    )
    assert read(database).version == read(database, version=story.VERSION).version
    old = read(database, version="old-1").version
    assert old is not None
    assert (old.name, old.profile) == ("old-1", None)

    database.query("UPDATE model_activation SET model_version = 'never-called'")
    found = read(database).version
    assert found is not None
    assert found.name == story.VERSION


def test_without_a_prediction_the_version_that_serves_is_shown(database: Database) -> None:
    story.register(database)

    found = read(database).version

    assert found is not None
    assert found.name == story.VERSION


def test_a_profile_of_a_later_release_is_none(database: Database) -> None:
    told(database)
    database.query("UPDATE reference_profile SET profile = '{\"format\": 99}'")

    found = read(database)

    assert found.version is not None
    assert found.version.profile is None
    assert found.layout is None


def test_refused_requests_are_counted_by_step_and_by_rule(
    client: httpx.Client, database: Database
) -> None:
    told(database)
    for days, suppressed in ((1, 0), (1, 5), (20, 0)):
        database.query(
            "INSERT INTO rejected_request (rejected_at, request_id, route, status, errors,"
            " model_version, suppressed) VALUES (%s, 'r', '/predict', 422,"
            ' \'[{"pointer": "/age", "rule": "=cmd()"}, {"pointer": "", "rule": "type"}]\','
            " %s, %s)",
            NOON - timedelta(days=days),
            story.VERSION,
            suppressed,
        )

    rows = table(client, "traffic")
    rules = table(client, "refusals")

    refused = {
        row["from"]: row["refused_requests"] for row in rows if row["refused_requests"] != "0"
    }
    assert refused == {"2026-06-12": "1", "2026-07-01": "7"}
    assert [(row["rule"], row["times"]) for row in rules] == [("'=cmd()", "2"), ("type", "2")]
    assert client.get("/tables/refusals.csv?route=/other").status_code == 404


def test_features_say_which_version_answered(client: httpx.Client, database: Database) -> None:
    told(database)

    rows = table(client, "features")

    assert {row["version"] for row in rows} == {story.VERSION}
    assert {row["feature"] for row in rows} == set(story.declaration().names)


def test_what_was_read_is_kept_until_the_next_round(
    client: httpx.Client, database: Database
) -> None:
    told(database)
    assert table(client, "traffic")[-1]["all"] == "416"

    database.query("UPDATE rollup_day SET predictions = 300 WHERE day = '2026-07-02'")
    assert table(client, "traffic")[-1]["all"] == "416"

    database.query("UPDATE rollup_day SET predictions = 30 WHERE day = '2026-06-29'")
    story.counted(database, NOON)
    rows = table(client, "traffic")
    assert rows[-1]["all"] == "600"
    assert next(row["all"] for row in rows if row["from"] == "2026-06-29") == "60"


def test_a_process_that_is_silent_with_rows_is_said_at_the_top(
    client: httpx.Client, database: Database
) -> None:
    told(database)
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, accepted, answered,"
        " committed, spooled, drained, duplicate, quarantined, refused, instance, waiting)"
        " VALUES (gen_random_uuid(), now(), now() - interval '1 hour', 9, 9, 0, 9, 0, 0, 0, 0,"
        " '<b>host</b>', 9)"
    )

    text = client.get("/").text

    assert "<h1>Action due: 9 answered rows are not in the log</h1>" in text
    assert "&lt;b&gt;host&lt;/b&gt;" in text


def test_the_least_used_is_forgotten_first() -> None:
    kept = Kept()
    asked = []

    def read(key: int) -> int:
        asked.append(key)
        return key

    def look(key: int) -> int:
        return kept.get(key, lambda: read(key))

    for key in (*range(32), 0, 32, 0, 1):
        assert look(key) == key
    assert asked == [*range(33), 1]


def test_as_much_is_kept_as_there_is_room_for() -> None:
    kept = Kept(10, len)
    for text in ("four", "five5", "four", "x"):
        kept.keep(text[0], text)
    assert [kept.find(key) for key in "fx"] == ["four", "x"]

    kept.keep("s", "sixsix")

    assert [kept.find(key) for key in "fxs"] == [None, "x", "sixsix"]
