"""A file that is no stream is refused before anything is sent, with the place of each mistake."""

import gzip
from pathlib import Path

import pytest

from contract.declaration import Source
from replay.clients import Clients
from replay.duration import Duration
from replay.errors import WrongStream
from replay.moments import DAY
from replay.preparation import Form, digest_of, prepare
from replay.rows import Rows
from tests.gmsc import SCHEMA
from tests.replay import made
from tests.replay.conftest import Rig


def refusal(path: Path) -> str:
    form = Form(SCHEMA, Source(), Clients({}), DAY, Duration.read("P30D"), digest_of(path))
    rows = Rows.make(path.with_suffix(".sqlite"))
    try:
        with pytest.raises(WrongStream) as caught:
            prepare(path, form, rows, lambda _: None)
    finally:
        rows.close()
    return str(caught.value)


def changed(path: Path, place: int, **cells: str) -> Path:
    """A stream of which one row has these cells."""
    content = made.rows(10)
    content[place] |= cells
    return made.write(path / "stream.csv", content)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"age": "old"}, "column age: 'old': must be a number"),
        ({"age": "1_0"}, "column age: '1_0': must be a number"),
        ({"DebtRatio": "1,5"}, "column DebtRatio: '1,5': must be a number"),
        ({"DebtRatio": "1e999"}, "column DebtRatio: '1e999': must be a number"),
        ({"DebtRatio": "nan"}, "column DebtRatio: 'nan': must be a number"),
        ({"event_time": ""}, "column event_time: nothing: must be a time of RFC 3339"),
        ({"event_time": "2026-01-05T10:00:00"}, "with its offset"),
        ({"outcome_time": "soon"}, "column outcome_time: 'soon': must be a time"),
        ({"outcome": "yes"}, "column outcome: 'yes': must be 0 or 1"),
        ({"outcome": ""}, "column outcome: nothing: must be 0 or 1"),
        ({"reference": " x"}, "column reference: ' x': must be 1 to 200 printable characters"),
        ({"reference": "x" * 201}, "column reference: "),
    ],
)
def test_a_cell_that_cannot_be_is_named(tmp_path: Path, cells: dict[str, str], said: str) -> None:
    place = next(at for at, row in enumerate(made.rows(10)) if row["outcome_time"])
    stream = changed(tmp_path, place, **cells)

    found = refusal(stream)

    assert found.startswith(f"{stream}, line {place + 2}, column ")
    assert said in found


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    content = made.rows(50)
    for row in content[:30]:
        row["event_time"] = "never"
    content[40]["age"] = "x"

    found = refusal(made.write(tmp_path / "stream.csv", content)).splitlines()

    assert len(found) == 20, "and no more than can be read"
    assert "line 42, column age" in found[0]


def test_the_columns_must_be_there(tmp_path: Path) -> None:
    header = [name for name in made.HEADER if name not in {"age", "event_time", "outcome"}]
    stream = made.write(tmp_path / "stream.csv", made.rows(3), header)

    found = refusal(stream).splitlines()

    assert found == [
        f"{stream}, line 1: the column age is missing, a feature of gmsc/1",
        f"{stream}, line 1: the column event_time is missing: a replay goes by it",
        f"{stream}, line 1: outcome and outcome_time belong together: one of the columns is"
        " missing",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (",".join(made.HEADER).encode(), "a header, but no rows"),
        (",".join(made.HEADER).encode() + b"\n1,2\n", "line 2: 2 fields, and the header has 15"),
        (b'"a,b\n1,2\n', "unexpected end of data"),
        (",".join(made.HEADER).encode() + b"\n\xff\n", "not UTF-8"),
        (gzip.compress(",".join(made.HEADER).encode())[:-9], "damaged after line"),
        (b"PAR1", "no Parquet that can be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    stream = tmp_path / "stream"
    stream.write_bytes(content)

    assert said in refusal(stream)


def test_nothing_was_sent_of_it(rig: Rig) -> None:
    content = rig.rows(30)
    content[-1]["age"] = "old"
    stream = rig.stream(content)

    code, said = rig.run(stream)
    content[-1]["age"] = "44"
    again = rig.run(rig.stream(content))

    assert (code, "line 31, column age" in said) == (1, True)
    assert again[0] == 0, again
    assert len(rig.logged()) == 30


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--until", "2026-01-06T10:30:00Z"), "--until must be a whole day"),
        (("--until", "tomorrow"), "must be a day, or a time with its offset"),
        (("--outcome-due", "30 days"), "must be a duration of ISO 8601"),
        (("--speed", "0"), "must be more than 0"),
        (("--settle", "nan"), "must be a number, 0 or more"),
    ],
)
def test_a_wrong_argument_is_a_wrong_usage(rig: Rig, arguments: tuple[str, ...], said: str) -> None:
    code, complaint = rig.run("no-such-file", *arguments)

    assert code == 2
    assert said in complaint


def test_a_file_that_is_not_there_and_an_api_that_is_not_there(rig: Rig) -> None:
    missing = rig.run(rig.directory / "none.csv")
    nobody = rig.run(rig.stream(rig.rows(1)), API_URL="http://127.0.0.1:1")

    assert missing[0] == nobody[0] == 1
    assert "none.csv: No such file or directory" in missing[1]
    assert "http://127.0.0.1:1 cannot be reached" in nobody[1]
