"""`python -m monitor once | verify`: what a person or cron sees of them."""

from tests.db.rows import insert, row
from tests.monitor.conftest import Monitor

MOMENT = "2026-03-28T20:15:00Z"


def test_once_counts_and_verify_agrees(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT)])

    once = monitor.run("once", "--as-of", "2026-04-01T00:00:00Z")
    verify = monitor.run("verify")

    assert (once.returncode, once.stderr) == (0, "")
    assert once.stdout.startswith("1 hour of 1 day counted in ")
    assert monitor.query("SELECT as_of::text FROM rollup_state") == [("2026-04-01 00:00:00+00",)]
    assert (verify.returncode, verify.stderr) == (0, "")
    assert verify.stdout == "1 prediction of 1 day compared: the counts are those of the log\n"


def test_verify_names_what_is_wrong(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT)])
    monitor.run("once")
    monitor.query("UPDATE rollup_hour SET positives = 1")

    verify = monitor.run("verify")

    assert verify.returncode == 3
    assert verify.stdout == ""
    row_name = "rollup_hour of 2026-03-28T20:00+00:00, m1, no key, /predict"
    assert verify.stderr.splitlines()[0] == f"{row_name}: positives is 1, and should be 0"
    assert "2 differences" in verify.stderr  # the day is the sum of its hours no more

    assert monitor.run("once", "--again").returncode == 0
    assert monitor.run("verify").returncode == 0


def test_what_is_yet_to_be_counted_is_no_difference(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT)])

    verify = monitor.run("verify")

    assert verify.returncode == 0
    assert "1 hour yet to be counted" in verify.stdout


def test_without_postgres_it_says_so_and_fails(monitor: Monitor) -> None:
    once = monitor.run("once", DATABASE_URL="postgresql://monitor@127.0.0.1:1/mlops")

    assert once.returncode == 1
    assert once.stderr.startswith("once failed: ")


def test_what_libpq_would_read_leads_nowhere(monitor: Monitor) -> None:
    once = monitor.run("once", PGHOSTADDR="192.0.2.1", PGCONNECT_TIMEOUT="3")

    assert once.returncode == 0
    assert once.stderr.startswith("ignored: PGCONNECT_TIMEOUT, PGHOSTADDR; ")


def test_settings_are_named(monitor: Monitor) -> None:
    once = monitor.run("once", MONITOR_ROUND_SECONDS="never")

    assert once.returncode == 2
    assert "MONITOR_ROUND_SECONDS" in once.stderr


def test_a_time_without_an_offset_is_refused(monitor: Monitor) -> None:
    once = monitor.run("once", "--as-of", "2026-04-01T00:00:00")

    assert once.returncode == 2
    assert "with its offset" in once.stderr
