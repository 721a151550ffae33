"""The command line: what people see of a case, from its proposal to the way back."""

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.digest import canonical_json, sha256
from contract.store import ModelStore
from monitor.database import MonitorConnection
from retraining import __main__ as command_line
from retraining import changes, commands_chain
from retraining.policy import Policy
from retraining.records import rfc3339
from tests.bundles import fit
from tests.conftest import Database
from tests.retraining.killed import EVIDENCE, NOW
from tests.retraining.ledger import connections, kinds, models, propose

SAME_DAY = ["--as-of", rfc3339(NOW + timedelta(hours=1))]


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Desk:
    """A person before a ledger and a store, of which the first version is active."""

    database: Database
    connection: MonitorConnection
    store: ModelStore
    versions: list[str]
    run: Callable[..., Said]

    def propose(self, challenger: int | None = 1, **more: Any) -> int:
        version = None if challenger is None else self.versions[challenger]
        policy = {"sha256": Policy.read(None).sha256, "document": Policy.read(None).document()}
        return propose(self.connection, self.versions[0], version, policy=policy, **more)

    def kinds(self) -> list[str]:
        return kinds(self.connection)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    root = tmp_path_factory.mktemp("commands") / "models"
    _, versions = models(root, fit(), 2)
    return root, versions


@pytest.fixture
def desk(
    database: Database,
    published: tuple[Path, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    root, versions = published
    shutil.copytree(root, tmp_path / "models")
    monkeypatch.setenv("DATABASE_URL", database.url("retraining"))
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(command_line, "_evidence_of", lambda _: lambda _: EVIDENCE)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["retraining", *arguments])
        try:
            code = command_line.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    with connections(database).connection() as connection:
        yield Desk(database, connection, ModelStore(tmp_path / "models"), versions, run)
        connection.close()


def test_a_case_from_its_proposal_to_the_way_back(desk: Desk) -> None:
    first, second = desk.versions
    desk.propose()
    assert desk.run("list", *SAME_DAY).out == (
        "1  proposed, 1 Mar 2026, 12:00 UTC\n   recalibrate: It pays.\n"
    )

    said = [
        desk.run("approve", "1", "--by", "Ann", "--reason", "It pays.", *SAME_DAY),
        desk.run("promote", "1", "--by", "Bob", *SAME_DAY),
        desk.run("rollback", "--by", "Bob", "--reason", "It is worse.", *SAME_DAY),
    ]

    assert [each.code for each in said] == [0, 0, 0]
    assert [each.out for each in said] == [
        "case 1 is approved: `retraining promote 1` makes it active\n",
        f"case 1 is promoted: {second} is active now; it was {first}\n",
        f"case 1 is rolled back: {first} is active now; it was {second}\n",
    ]
    assert desk.store.active() == first
    shown = desk.run("show", "1", *SAME_DAY).out
    assert "It is rolled back." in shown
    assert "approved by Ann: It pays." in shown
    assert "rolled back by Bob" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_what_is_refused_is_one_line_and_exit_code_1(desk: Desk) -> None:
    desk.propose(by="Ann")

    said = [
        desk.run("approve", "1", "--by", "Ann", "--reason", "Mine.", *SAME_DAY),
        desk.run("promote", "1", *SAME_DAY),
        desk.run("rollback", *SAME_DAY),
        desk.run("show", "7", *SAME_DAY),
    ]

    assert [each.code for each in said] == [1, 1, 1, 1]
    assert said[0].err == "approve failed: case 1 was proposed by Ann: somebody else decides\n"
    assert said[1].err == "promote failed: case 1 is not approved: `retraining approve 1`\n"
    assert "no promotion is there" in said[2].err
    assert (
        said[3].err == "show failed: there is no case 7: `retraining list` shows those there are\n"
    )
    assert [each.out for each in said] == [""] * 4
    assert desk.kinds() == ["proposed"]


def test_another_policy_than_the_approved_one_ends_the_case(desk: Desk, tmp_path: Path) -> None:
    desk.propose()
    desk.run("approve", "1", "--by", "Ann", "--reason", "It pays.", *SAME_DAY)
    (tmp_path / "policy.toml").write_text("[costs]\nreview = 3.0\n")

    said = desk.run("promote", "1", *SAME_DAY)

    assert said.code == 1
    assert "the policy is another one" in said.err
    assert desk.kinds() == ["proposed", "approved", "refused"]
    assert "refused by somebody at the command line: the policy" in desk.run("show", "1").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["approve", "1", "--by", "Ann"],
        ["approve", "one", "--by", "Ann", "--reason", "x"],
        ["approve", "0", "--by", "Ann", "--reason", "x"],
        ["show", "1", "--as-of", "yesterday"],
        ["decide"],
    ],
)
def test_wrong_usage_is_exit_code_2(desk: Desk, arguments: list[str]) -> None:
    assert desk.run(*arguments).code == 2


def test_wrong_settings_are_named(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policy.toml").write_text("[costs]\nrevue = 3.0\n")
    policy = desk.run("list")
    monkeypatch.setenv("DATABASE_URL", "nowhere@")

    url = desk.run("list")

    assert (policy.code, url.code) == (2, 2)
    assert "policy.toml" in policy.err
    assert "revue" in policy.err
    assert url.err.startswith("DATABASE_URL: not a connection URL")


def test_a_list_and_a_case_are_json_whose_figures_are_the_ledgers(desk: Desk) -> None:
    desk.propose()
    desk.propose(None)
    desk.run("reject", "2", "--by", "Ann", "--reason", "We know.", *SAME_DAY)

    listed = desk.run("list", "--json", *SAME_DAY).document
    still_open = desk.run("list", "--json", "--open", *SAME_DAY).document
    case = desk.run("show", "2", "--json", *SAME_DAY).document

    assert [(each["case"], each["state"]) for each in listed] == [(2, "rejected"), (1, "proposed")]
    assert [each["case"] for each in still_open] == [1]
    assert case == listed[0]
    assert case["decided_by"] == "Ann"
    for record in case["records"]:
        own_hash = record.pop("hash")
        assert sha256(canonical_json(record)) == own_hash
    earlier = desk.run("show", "2", "--json", "--as-of", rfc3339(NOW)).document
    assert earlier["state"] == "proposed"


def test_a_case_is_explained_with_every_action(desk: Desk) -> None:
    options = [
        {
            "rung": rung,
            "benefit": {"estimate": win, "lower": win - 40, "upper": win + 40},
            "cost": 10.0,
            "flips": 0.0123,
            "why_not": why_not,
        }
        for rung, win, why_not in (
            ("nothing", 0.0, "It changes nothing."),
            ("threshold", 5.0, "It may win less than it costs."),
            ("intercept", 120.0, None),
            ("refit", 125.0, "It wins too little beyond the intercept."),
        )
    ]
    maturity = {"due": 1234, "known": 1200, "bads": 88}
    trigger = {"kind": "manual", "wish": "The bank bought another one."}
    desk.propose(options=options, maturity=maturity, trigger=trigger, limits=["Rejected cases."])

    said = desk.run("explain", "1", *SAME_DAY).out

    assert "Due cases    1,234, of which 1,200 are known and 88 had the event" in said
    assert "Asked for    The bank bought another one." in said
    assert "  threshold wins 5 (\N{MINUS SIGN}35 to 45), costs 10 of squared error; 1.2% of" in said
    assert "* intercept wins 120 (80 to 160)" in said
    assert said.count("This is proposed.") == 1
    assert "  nothing   It changes nothing." in said
    assert "beyond the intercept." in said
    assert "Rejected cases." in said
    assert max(map(len, said.splitlines())) <= 80


def test_the_chain_is_verified_and_its_last_hash_can_be_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands_chain, "_recomputed", lambda *_: [])
    assert desk.run("verify").out == "there are no records yet\n"
    desk.propose()
    desk.propose()

    said = desk.run("verify")
    last = said.out.splitlines()[-1]
    kept = desk.run("verify", "--holds", last)
    desk.database.query("ALTER TABLE retraining_record DISABLE TRIGGER ALL")
    desk.database.query("DELETE FROM retraining_record WHERE record_id = 2")
    cut = desk.run("verify", "--holds", last)
    desk.database.query("UPDATE retraining_record SET written_by = 'x'")
    changed = desk.run("verify")

    assert "2 records are as they were written, and the figures of 2 cases" in said.out
    assert (said.code, kept.code, cut.code, changed.code) == (0, 0, 3, 3)
    assert f"no record has the hash {last}" in cut.err
    assert changed.err == "record 1 (case 1, proposed) was changed\n"


def test_figures_that_the_log_does_not_give_again_are_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.propose()
    monkeypatch.setattr(commands_chain, "_recomputed", lambda *_: ["maturity.due was 3, and is 2"])

    said = desk.run("verify", "1")

    assert (said.code, said.out, said.err) == (3, "", "maturity.due was 3, and is 2\n")


def test_what_served_is_told_with_who_approved_it(desk: Desk) -> None:
    nothing = desk.run("champion")
    desk.propose()
    desk.run("approve", "1", "--by", "Ann", "--reason", "It pays.", *SAME_DAY)
    desk.run("promote", "1", *SAME_DAY)
    desk.database.query(
        "INSERT INTO model_activation (activation_id, activated_at, process_id, instance,"
        " model_version, reason) VALUES (gen_random_uuid(), now(), gen_random_uuid(), 'h', %s,"
        " 'pinned')",
        desk.versions[1],
    )

    said, document = desk.run("champion"), desk.run("champion", "--json").document

    assert nothing.code == 1
    assert "no process is known that served" in nothing.err
    assert said.out.startswith(f"{desk.versions[1]} served, since ")
    assert "Case 1, approved by Ann on" in said.out
    assert "pinned by MODEL_VERSION" in said.out
    assert (document["how"], document["approved_by"], document["case"]) == ("approved", "Ann", 1)


def test_a_change_that_was_interrupted_is_told_by_the_next_command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.propose()
    desk.propose(None)
    desk.run("approve", "1", "--by", "Ann", "--reason", "It pays.", *SAME_DAY)
    with monkeypatch.context() as patch:
        patch.setattr(changes, "_ended", _interrupted)
        assert desk.run("promote", "1", *SAME_DAY).code == 130
    shown = desk.run("show", "1", *SAME_DAY).out

    said = desk.run("reject", "2", "--by", "Ann", "--reason", "We know.", *SAME_DAY)

    assert "A change was begun, and not ended" in shown
    assert (said.code, said.err) == (0, "case 1: a change that was interrupted is promoted\n")
    assert desk.store.active() == desk.versions[1]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
