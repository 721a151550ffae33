"""What the service refuses is named, row by row, and the others go through."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.replay import made
from tests.replay.conftest import BATCH_ROWS, Rig, references


def refused(path: Path) -> list[tuple[str, str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["row"], row["kind"], row["field"]) for row in csv.DictReader(file)]


def test_rows_that_break_a_rule_are_left_out_and_named(rig: Rig) -> None:
    content = rig.rows(3 * BATCH_ROWS)
    wrong = {0: "-1", 7: "131", 8: "20.5", BATCH_ROWS: "1e9"}
    for place, age in wrong.items():
        content[place]["age"] = age

    code, said = rig.run(rig.stream(content))

    assert code == 0, said
    rejects = rig.directory / "stream.csv.rejects.csv"
    assert "4 rows were refused: see " + str(rejects) in said
    assert refused(rejects) == [(str(place + 2), "prediction", "age") for place in sorted(wrong)]
    assert (
        rejects.read_text().splitlines()[1] == "2,prediction,age,must be an integer from 0 to 130"
    )
    assert rig.logged() == references(
        [row for place, row in enumerate(content) if place not in wrong]
    )


def test_an_outcome_that_is_refused_harms_no_other(rig: Rig) -> None:
    content = rig.rows(2 * BATCH_ROWS, clients=("branch",))
    known = [place for place, row in enumerate(content) if row["outcome_time"]]
    later = made.text(datetime.now(UTC) + timedelta(days=3))
    content[known[3]]["outcome_time"] = content[known[7]]["outcome_time"] = later

    code, said = rig.run(rig.stream(content))

    assert code == 0, said
    assert "2 rows were refused" in said
    assert refused(rig.directory / "stream.csv.rejects.csv") == [
        (str(known[place] + 2), "outcome", "observed_at") for place in (3, 7)
    ]
    assert sorted(rig.reported()) == sorted(
        (content[place]["reference"],) for place in known if place not in {known[3], known[7]}
    )
    assert rig.logged() == references(content)


def test_strict_ends_at_the_first_and_can_go_on_without_it(rig: Rig) -> None:
    content = rig.rows(2 * BATCH_ROWS)
    content[5]["age"] = "500"
    stream = rig.stream(content)

    code, said = rig.run(stream, "--strict")
    before = rig.logged()
    rest = rig.run(stream, "--resume", "--settle", "0.3")

    assert code == 1
    assert "age: must be an integer from 0 to 130; --strict ends at the first" in said
    assert not before
    assert rest[0] == 0, rest
    assert rig.logged() == references([row for row in content if row["age"] != "500"])


def test_a_batch_of_which_everything_is_refused_is_passed_over(rig: Rig) -> None:
    content = rig.rows(2 * BATCH_ROWS, days=0.5, clients=("branch",))
    for row in content[:BATCH_ROWS]:
        row["age"] = "999"

    code, said = rig.run(rig.stream(content))

    assert code == 0, said
    assert f"{BATCH_ROWS} rows were refused" in said
    assert rig.logged() == references(content[BATCH_ROWS:])
