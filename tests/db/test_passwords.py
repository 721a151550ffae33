"""Passwords are made once, kept, and taken over where the user chose them."""

import stat
from pathlib import Path

import pytest

from contract.secret import SecretError
from db.passwords import PasswordSettings, main, make

FILES = (
    *("db/postgres", "migrate/mlops_owner", "api/api", "migrate/analyst"),
    *("monitor/monitor", "retraining/retraining"),
)


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("db", "migrate", "api"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    for name in ("POSTGRES_PASSWORD", "MLOPS_OWNER_PASSWORD", "API_DB_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def held(directory: Path) -> list[str]:
    return [(directory / name).read_text() for name in FILES]


def test_they_are_made_once_and_kept(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    first, said = held(directory), capsys.readouterr().out

    assert main(["make"]) == 0

    assert held(directory) == first
    assert len(set(first)) == 6
    assert said.count(": made\n") == 6
    assert not any(password in said for password in first)
    assert capsys.readouterr().out == ""
    for name in FILES:
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o440


def test_one_that_is_set_is_taken_over_and_stays_when_it_is_not(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main([])
    before = held(directory)
    monkeypatch.setenv("API_DB_PASSWORD", "chosen")
    assert main([]) == 0
    monkeypatch.delenv("API_DB_PASSWORD")
    capsys.readouterr()

    assert main([]) == 0

    assert capsys.readouterr().out == ""
    assert held(directory) == [*before[:2], "chosen", *before[3:]]


def test_one_is_shown_alone(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "analyst"]) == 1
    assert "no password of analyst yet" in capsys.readouterr().err
    main([])
    capsys.readouterr()

    assert main(["show", "analyst"]) == 0

    assert capsys.readouterr().out == (directory / "migrate/analyst").read_text() + "\n"


def test_the_default_of_earlier_releases_is_replaced_and_refused_in_production(
    directory: Path,
) -> None:
    chosen = PasswordSettings(secrets_dir=directory, analyst_db_password="change-me")
    assert "password of analyst: taken from ANALYST_DB_PASSWORD" in list(make(chosen))
    with pytest.raises(SecretError, match="ANALYST_DB_PASSWORD: the default password"):
        list(make(chosen.model_copy(update={"environment": "production"})))

    steps = list(make(PasswordSettings(secrets_dir=directory)))

    assert steps == ["password of analyst: made"]


@pytest.mark.parametrize("password", ["two\nlines", "a\x00b"])
def test_what_no_file_can_hand_on_is_refused_by_name(directory: Path, password: str) -> None:
    settings = PasswordSettings(secrets_dir=directory, postgres_password=password)

    with pytest.raises(SecretError, match="POSTGRES_PASSWORD: must be one line") as refusal:
        list(make(settings))

    assert password not in str(refusal.value)


def test_a_directory_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "absent"))

    assert main([]) == 1

    assert str(tmp_path / "absent/db") in capsys.readouterr().err


def test_wrong_settings_are_named(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "staging")

    assert main([]) == 2

    assert capsys.readouterr().err.startswith("ENVIRONMENT: ")


def test_the_environment_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "Production")

    assert PasswordSettings().environment == "production"


def test_the_analysts_is_also_where_only_an_export_reads_it(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = directory / "outcomes" / "analyst"
    main([])
    made = copy.read_text()
    monkeypatch.setenv("ANALYST_DB_PASSWORD", "chosen")

    main([])

    assert made != copy.read_text() == "chosen" == (directory / "migrate" / "analyst").read_text()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o440
