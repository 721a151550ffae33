"""Each client of a stream calls with a key of its own."""

from pathlib import Path

import pytest

from contract.keys import make
from tests.api.service import Service
from tests.conftest import Database
from tests.replay.conftest import Rig, references


@pytest.fixture
def keys(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, str]]:
    """Of each client: its key, and its entry in API_KEYS."""
    found = {}
    for name in ("branch", "mobile"):
        make([name], "test")
        output = capsys.readouterr()
        found[name] = (output.err.split()[-1], output.out.strip())
    return found


def test_each_client_has_a_key(
    tmp_path: Path, rig: Rig, database: Database, keys: dict[str, tuple[str, str]]
) -> None:
    content = rig.rows(60)
    entries = ",".join(entry for _, entry in keys.values())
    own = {"DATABASE_URL": database.url("api"), "API_KEYS": entries}
    given = [f"{name}={key}" for name, (key, _) in keys.items()]
    file = tmp_path / "keys"
    file.write_text("# of a test\n" + "\n".join(given))
    stream = rig.stream(content)

    with Service(tmp_path, rig.service.environment | own) as service:
        url = {"API_URL": service.url}
        without = rig.run(stream, **url)
        half = rig.run(stream, **url, REPLAY_KEYS=given[0])
        code, said = rig.run(stream, **url, REPLAY_KEYS_FILE=str(file))

    assert without[0] == half[0] == 1
    assert "401" in without[1]
    assert "say the clients' keys in REPLAY_KEYS" in without[1]
    assert "column client: 'mobile': has no key in REPLAY_KEYS" in half[1]
    assert code == 0, said
    logged = database.query(
        "SELECT client_reference, api_key_name FROM prediction_log ORDER BY event_time"
    )
    assert logged == [(row["reference"], row["client"]) for row in content]
    assert database.query(
        "SELECT count(*) FROM outcome_event JOIN prediction_log USING (client_reference)"
        " WHERE outcome_event.api_key_name IS DISTINCT FROM prediction_log.api_key_name"
    ) == [(0,)]


def test_keys_that_are_none_are_refused_and_not_quoted(rig: Rig) -> None:
    stream = rig.stream(rig.rows(3))

    said = [
        rig.run(stream, REPLAY_KEYS=keys) for keys in ("secretly", "a=secretly,a=secretly", " ")
    ]

    assert [code for code, _ in said] == [2, 2, 2]
    assert "entry 1 of REPLAY_KEYS is not NAME=KEY" in said[0][1]
    assert "entry 2 of REPLAY_KEYS names a client again" in said[1][1]
    assert "REPLAY_KEYS is set and holds nothing" in said[2][1]
    assert "secretly" not in str(said)


def test_a_stream_without_clients_is_sent_by_the_one_that_has_a_key(rig: Rig) -> None:
    content = [row | {"client": ""} for row in rig.rows(5)]
    stream = rig.stream(content)

    # The service wants none: so it is only seen that it takes place.
    code, said = rig.run(stream, REPLAY_KEYS="branch=any-key")

    assert code == 0, said
    assert "all clients are one caller" not in said
    assert rig.logged() == references(content)
