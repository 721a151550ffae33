"""The lock, .env.example, docker-compose.yml and the settings classes say the same."""

import itertools
import json
import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from api.settings import ApiSettings, TracingSettings
from db.log.settings import LogSettings
from db.passwords import PasswordSettings
from db.settings import DEFAULT_PASSWORD, MigrateSettings
from monitor.settings import MonitorSettings
from outcomes.settings import OutcomesSettings
from replay.settings import ReplaySettings
from retraining.settings import RetrainingSettings
from trainer.settings import TrainerSettings

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
IMAGES = ("api", "db", "monitor", "outcomes", "replay", "retraining", "trainer")

# Which classes the processes of a part of docker-compose.yml read.
READERS: dict[str, tuple[type[BaseSettings], ...]] = {
    "api": (ApiSettings, LogSettings, TracingSettings),
    "migrate": (MigrateSettings,),
    "monitor": (MonitorSettings,),
    "passwords": (PasswordSettings,),
    "outcomes": (OutcomesSettings,),
    # It starts the monitor.
    "replay": (ReplaySettings, MonitorSettings),
    # It trains.
    "retraining": (RetrainingSettings, TrainerSettings),
    "x-trainer": (TrainerSettings,),
}
# Fields that compose does not hand over, and why.
NOT_HANDED_OVER = {
    "api": {
        "MODELS_DIR": "the image says where the volume is mounted",
        "SPOOL_DIR": "the image says where the volume is mounted",
        "DATABASE_PASSWORD": "in a file, which `passwords` made",
        "PORT": "8000 inside; PORT of .env is the one outside, in `ports`",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "only one is there",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "only one is there",
        "OTEL_TRACES_EXPORTER": "no endpoint is none",
        "OTEL_SDK_DISABLED": "no endpoint is none",
    },
    "migrate": {
        "DATABASE_ADMIN_PASSWORD": "in a file, which `passwords` made",
        "MLOPS_OWNER_PASSWORD": "in a file, which `passwords` made",
        "API_DB_PASSWORD": "in a file, which `passwords` made",
        "ANALYST_DB_PASSWORD": "in a file, which `passwords` made",
        "MONITOR_DB_PASSWORD": "in a file, which `passwords` made",
        "RETRAINING_DB_PASSWORD": "in a file, which `passwords` made",
    },
    "monitor": {
        "MODELS_DIR": "the image says where the volume is mounted",
        "DATABASE_PASSWORD": "in a file, which `passwords` made",
        "MONITOR_PORT": "8001 inside; MONITOR_PORT of .env is the one outside, in `ports`",
    },
    "outcomes": {"DATABASE_PASSWORD": "in a file, which `passwords` made"},
    "replay": {
        "REPLAY_STATE_DIR": "the image says where the volume is mounted",
        "MODELS_DIR": "the image says where the volume is mounted",
        "DATABASE_PASSWORD": "in a file, which `passwords` made",
        **dict.fromkeys(
            ("HOST", "MONITOR_PORT", "MONITOR_KEYS", "MONITOR_KEYS_FILE"), "it serves no page"
        ),
        **dict.fromkeys(
            ("ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET", "ALERT_WEBHOOK_SECRET_FILE"),
            "it reaches nothing outside; the monitor that serves sends what it finds",
        ),
        "MONITOR_ROUND_SECONDS": "the stream's time says when",
        **dict.fromkeys(("LOG_FORMAT", "LOG_LEVEL"), "a round says one line, to the replay"),
    },
    "retraining": {
        "MODELS_DIR": "the image says where the volume is mounted",
        "DATABASE_PASSWORD": "in a file, which `passwords` made",
        **dict.fromkeys(
            ("DATA_DIR", "DATA_PATH", "FETCH_DIR"), "it learns from the log; its policy is in data/"
        ),
        **dict.fromkeys(("SEED", "TEST_SHARE"), "those of the champion"),
        **dict.fromkeys(("PINNED_VERSIONS", "MODEL_VERSION"), "it removes no version"),
        "LOG_FORMAT": "it answers a person",
    },
    "passwords": {"SECRETS_DIR": "where the volumes are mounted"},
    "x-trainer": {
        "MODELS_DIR": "the image says where the volume is mounted",
        "DATA_DIR": "the image says where the data is mounted",
        "FETCH_DIR": "the image says where the data is mounted",
    },
}
# Variables that compose sets to what nobody needs to change.
FIXED = {
    "HOST": "inside a container all addresses are the container's own",
    "DATABASE_URL": "the service db of this file",
    "DATABASE_ADMIN_URL": "the service db of this file",
    "API_URL": "the service api of this file",
    "ANALYST_DATABASE_URL": "the service db of this file",
    "ANALYST_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "DATABASE_NAME": "the other lines of this file name it too",
    "DATABASE_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "DATABASE_ADMIN_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "MLOPS_OWNER_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "API_DB_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "ANALYST_DB_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "MONITOR_DB_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "RETRAINING_DB_PASSWORD_FILE": "where the volume of `passwords` is mounted",
    "PGHOST": "where the image's server has its socket",
}
# Variables that no process reads: compose does, for the containers.
CONTAINERS = {
    *("API_MEMORY", "MONITOR_MEMORY", "TRAINER_MEMORY", "DB_MEMORY"),
    *("PYTHON_IMAGE", "POSTGRES_IMAGE"),
}
# Variables that compose itself sets.
COMPOSES_OWN = {"COMPOSE_PROJECT_NAME"}


def pins(name: str) -> dict[str, str]:
    """Each requirement of a file, with its marker, and its hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.split(" --hash=", 1) for line in text.splitlines() if line.strip()]
    return {parts[0].strip(): "".join(parts[1:]) for parts in lines if parts[0][0] != "#"}


def handed_over(part: str) -> dict[str, str]:
    """The environment of a part of docker-compose.yml: name and value as they stand there."""
    indent = "" if part.startswith("x-") else "  "
    lines = COMPOSE.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"{indent}{part}:"))
    block = _deeper(lines, start)
    at = next(at for at, line in enumerate(block) if line.strip() == "environment:")
    pairs = (line.split("  #")[0].strip().partition(":") for line in _deeper(block, at))
    return {name: value.strip() for name, _, value in pairs}


def _deeper(lines: list[str], start: int) -> list[str]:
    """The lines after this one that belong to it."""
    depth = len(lines[start]) - len(lines[start].lstrip())
    inside = f"{' ' * depth} "
    return list(itertools.takewhile(lambda line: line.startswith(inside), lines[start + 1 :]))


def names(classes: tuple[type[BaseSettings], ...]) -> set[str]:
    return {field.upper() for settings in classes for field in settings.model_fields}


def may_be_set() -> set[str]:
    """What a line of .env changes: what is interpolated, and what is passed through."""
    passed = {name for part in READERS for name, value in handed_over(part).items() if not value}
    return passed | set(re.findall(r"\$\{(\w+)", COMPOSE)) - COMPOSES_OWN


def examples() -> dict[str, str]:
    return dict(re.findall(r"(?m)^# ([A-Z_]+)=(.*)$", EXAMPLE))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_installs_what_the_tests_ran_with(image: str) -> None:
    everything = pins("requirements/all.txt")

    own = pins(f"requirements/{image}.txt")

    assert own
    assert {pin: everything.get(pin) for pin in own} == own


LOCKS = sorted(
    file.relative_to(ROOT).as_posix()
    for folder in ("requirements", "requirements/clients", "benchmarks/peers")
    for file in (ROOT / folder).glob("*.txt")
)


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_hashed_and_no_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text()

    for pin, hashes in pins(name).items():
        assert re.fullmatch(r"[a-z0-9._-]+==[\w.!+]+( ;.*)?", pin), pin
        assert re.search(r"sha256:[0-9a-f]{64}", hashes), pin
    assert "://" not in text
    assert not re.search(r"(?m)^\s*(-i|-f|--index|--extra-index|--find-links|--trusted)", text)


def test_every_package_of_npm_is_exact_and_hashed_and_no_registry_is_named() -> None:
    folder = ROOT / "requirements" / "clients" / "openapi-ts"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]

    assert locked.pop("")["dependencies"] == wanted
    for name, package in locked.items():
        assert re.match("sha512-", package["integrity"]), name
        assert re.fullmatch(r"\d[\w.-]*", package["version"]), name
        assert "resolved" not in package, name


@pytest.mark.parametrize("part", READERS)
def test_compose_hands_over_exactly_what_the_process_reads(part: str) -> None:
    expected = names(READERS[part]) - set(NOT_HANDED_OVER[part])

    assert set(handed_over(part)) == expected


def test_a_user_may_set_everything_that_is_not_fixed() -> None:
    known = set().union(*map(names, READERS.values()))
    elsewhere = {"PORT", "MONITOR_PORT"}.union(*map(handed_over, READERS))
    by_image = set().union(*NOT_HANDED_OVER.values()) - elsewhere
    chosen = {field.upper() for field in PasswordSettings.model_fields} - {"SECRETS_DIR"}

    assert may_be_set() == (known - set(FIXED) - by_image) | chosen | CONTAINERS


def test_the_example_lists_every_variable_once_with_its_reason() -> None:
    listed = re.findall(r"(?m)^# ([A-Z_]+)=", EXAMPLE)
    reasons = re.findall(
        r"(?m)^# [A-Z\d].{15,}\.\n# ([A-Z_]+)=|^# [a-z].*\.\n# ([A-Z_]+)=", EXAMPLE
    )

    assert sorted(listed) == sorted(may_be_set())
    assert sorted(first or second for first, second in reasons) == sorted(listed)
    assert not re.search(r"(?m)^[^#\n]", EXAMPLE), "nothing is set by copying the file"


@pytest.mark.parametrize("name", sorted(examples()))
def test_the_example_shows_the_default(name: str) -> None:
    given = set(re.findall(rf"\$\{{{name}:-([^}}]*)\}}", COMPOSE))
    fields = [
        settings.model_fields[name.lower()]
        for part, classes in READERS.items()
        for settings in classes
        if name.lower() in settings.model_fields and name in handed_over(part)
    ]
    defaults = given or {"" if field.default is None else str(field.default) for field in fields}

    assert {examples()[name]} == defaults


def test_no_password_has_a_default() -> None:
    passwords = {value for name, value in examples().items() if name.endswith("PASSWORD")}

    assert passwords == {""}
    assert DEFAULT_PASSWORD not in COMPOSE


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_built_on_the_base_that_is_set(image: str) -> None:
    lines = (ROOT / image / "Dockerfile").read_text().splitlines()

    assert "ARG PYTHON_IMAGE=" + examples()["PYTHON_IMAGE"] in lines
    assert [line for line in lines if line.startswith("FROM")] == ["FROM ${PYTHON_IMAGE}"]


def test_whatever_a_script_installs_it_installs_by_hash() -> None:
    """Also what is not the product: it runs on the same machine."""
    commands = [
        line.strip()
        for file in (*ROOT.glob("*/Dockerfile"), ROOT / "Makefile", ROOT / ".ci" / "run")
        for line in file.read_text().splitlines()
        if re.search(r"\bpip3?\b.*\b(install|sync)\b", line)
    ]

    assert commands
    assert not [line for line in commands if "--require-hashes" not in line]


def test_a_declaration_has_one_path_in_every_container_that_reads_it() -> None:
    readers = [part for part in READERS if "DATASET" in handed_over(part)]
    mounts = re.findall(
        r"(?m)^ +- (?:&declarations \./data:/app/data:ro|\*declarations)\b", COMPOSE
    )

    assert readers == ["api", "migrate", "replay", "retraining", "x-trainer"]
    # The service `trainer` has volumes of its own beside those of x-trainer; `replay` has the
    # directory where streams lie, to write beside them.
    assert len(mounts) == len(readers)
    assert COMPOSE.count("- ./data:/app/data  # so that a path is the same here and there") == 2
