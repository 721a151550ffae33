"""What Prometheus reads of incidents, looks and messages."""

from monitor.webhook.address import Address
from monitor.webhook.outbox import Outbox
from tests.conftest import Database
from tests.monitor.conftest import Monitor
from tests.monitor.test_metrics import Figures, scrape
from tests.monitor.webhook.found import LIFE, VERSION, keep, of

OPENED, DIAGNOSED, ENDED = LIFE
OPEN = "monitor_incidents_open"


def named(figures: Figures, name: str) -> dict[tuple[str, ...], float]:
    """By the values of the labels, which are in the order of the labels' names."""
    return {key[1:]: value for key, value in figures.items() if key[0] == name}


def test_what_is_open_is_told_by_its_latest_diagnosis(monitor: Monitor) -> None:
    keep(monitor, OPENED, DIAGNOSED, of(2, OPENED), of(3, OPENED), of(3, ENDED), of(4, OPENED))

    figures = scrape(monitor.database.url("monitor"))

    assert named(figures, OPEN) == {
        ("fix_pipeline", "true", "unit", VERSION): 1,
        ("wait", "false", "undetermined", VERSION): 2,
    }
    assert named(figures, "monitor_incidents_opened_total") == {(VERSION,): 4}
    assert named(figures, "monitor_incidents_closed_total") == {("back", VERSION): 1}


def test_before_the_first_look_nothing_is_said_of_looks(database: Database) -> None:
    names = {name for name, *_ in scrape(database.url("monitor"))}

    assert not {name for name in names if "incident" in name or "look" in name or "webhook" in name}


def test_hours_that_were_not_looked_at_are_those_with_rows(monitor: Monitor) -> None:
    monitor.query("UPDATE rollup_state SET as_of = '2026-07-01 12:30Z'")
    monitor.query(
        "INSERT INTO reference_profile (model_version, declaration, profile) VALUES"
        " ('m', '{}', '{}'), ('retired', '{}', '{}'), ('new', '{}', '{}'), ('old', '{}', NULL)"
    )
    monitor.query(
        "INSERT INTO watch_state (model_version, looked_until, state, as_of) VALUES"
        " ('m', '2026-07-01 06:00Z', '{}', now()), ('retired', '2026-06-01 00:00Z', '{}', now())"
    )
    of_m = [("m", hour) for hour in (5, 6, 7, 9, 10, 12)]
    for version, hour in (*of_m, ("new", 8), ("old", 8)):
        monitor.query(
            "INSERT INTO rollup_hour (hour, model_version, caller, route, part, predictions,"
            " positives, probability_sum, past_the_spool, lags, durations) VALUES"
            " (%s, %s, '', '/predict', 'live', 4, 1, 1, 0, '{}', '{}')",
            *(f"2026-07-01 {hour:02}:00Z", version),
        )

    figures = scrape(monitor.database.url("monitor"))

    assert figures["monitor_last_look_age_seconds",] == 6.5 * 3600
    assert named(figures, "monitor_hours_to_look_at") == {
        ("m",): 3,
        ("new",): 1,
        ("retired",): 0,
    }


def test_what_became_of_messages_is_told_of_the_address_in_use(monitor: Monitor) -> None:
    url = "https://alerts.example.org/sesame"
    ours, other = Outbox(Address.parse(url).digest), Outbox("b" * 64)
    with monitor.connections.connection() as connection:
        for each in (ours, other):
            each.enlist(connection)
        keep(monitor, *(of(number, OPENED) for number in range(1, 6)))
        for each in (ours, other):
            each.enlist(connection)
        sent, failed = ours.claim(connection), ours.claim(connection)
        assert sent is not None
        assert failed is not None
        ours.delivered(connection, sent)
        ours.undelivered(connection, failed, "it answered 500", None)
    monitor.query("UPDATE webhook_delivery SET enlisted_at = now() - interval '90 s'")

    figures = scrape(monitor.database.url("monitor"), webhook=url)

    assert named(figures, "monitor_webhook_messages_total") == {("delivered",): 1, ("failed",): 1}
    assert figures["monitor_webhook_pending_messages",] == 3
    assert 90 <= figures["monitor_webhook_oldest_message_seconds",] < 120
