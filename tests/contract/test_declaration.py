"""A declaration in a file: what it says, and each mistake by its place."""

from pathlib import Path
from typing import Any

import pytest

from contract import datasets, declaration
from contract.datasets import BUILT_IN
from contract.declaration import Declaration
from contract.schema import SchemaError

LOANS = """
key = "loans"
version = 1
title = "Loans"
reference = "loan_id"
event_time = "created_at"
outcome_due = "P30D"

[target]
name = "status"
description = "The loan went bad"
positive = ["bad", "written off"]
negative = "good"

[source]
delimiter = ";"
decimal = ","

[costs]
false_positive = 1.0
false_negative = 5.0

[[features]]
name = "channel"
kind = "category"
nullable = false
levels = ["web", "branch"]
unknown = "missing"
description = "Where it was asked for"
example = "web"
"""


def changed(old: str, new: str) -> str:
    assert old in LOANS
    return LOANS.replace(old, new)


def test_it_says_what_the_file_says() -> None:
    loans = Declaration.from_toml(LOANS)

    assert loans.schema.id == "loans/1"
    assert loans.schema.features[0].levels == ("web", "branch")
    assert loans.target.positives == ("bad", "written off")
    assert loans.target.negatives == ("good",)
    assert (loans.source.delimiter, loans.source.decimal) == (";", ",")
    assert loans.roles == {"reference": "loan_id", "event_time": "created_at"}
    assert loans.costs is not None
    assert loans.costs.false_negative == 5
    assert loans.record()["outcome_due"] == "P30D"
    assert loans.split == "hash"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_declaration_is_whole(name: str) -> None:
    assert datasets.declared(name).schema.key == name


def test_the_label_of_give_me_some_credit_is_due_after_two_years() -> None:
    assert datasets.declared("gmsc").outcome_due == "P24M"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key = "loans"', "", "key: Field required"),
        ('key = "loans"', 'key = "Loans!"', "key: String should match"),
        ('key = "loans"', f'key = "{"x" * 29}"', "key: String should match"),
        ("version = 1", "version = 1.5", "version: Input should be a valid integer"),
        ("version = 1", "version = 1\nsurplus = 1", "surplus: Extra inputs"),
        ("version = 1", "version = 2026-11-26", "not a declaration"),
        ("version = 1", "version = 1\nversion = 2", "not TOML"),
        ("nullable = false", "nullable = 0", "features.0.nullable"),
        ('kind = "category"', 'kind = "text"', "features.0.kind"),
        ('example = "web"', 'example = "shop"', None),
        ('outcome_due = "P30D"', 'outcome_due = "30 days"', "no duration of ISO 8601"),
        ('outcome_due = "P30D"', 'outcome_due = "P"', "no duration"),
        ('outcome_due = "P30D"', 'outcome_due = "P1DT"', "no duration"),
        (
            'outcome_due = "P30D"',
            'outcome_due = "P30D"\noutcome_due_column = "due"',
            "leave one of them out",
        ),
        ('negative = "good"', 'negative = ["good", "bad"]', "positive and negative"),
        ('negative = "good"', "negative = []", "needs values that are positive"),
        ("version = 1", 'version = 1\nsplit = "group"', "belong together"),
        ("version = 1", 'version = 1\ngroup = "customer"', "belong together"),
        ('event_time = "created_at"', 'split = "time"', "needs event_time"),
        ('reference = "loan_id"', 'reference = "channel"', "cannot be a feature"),
        ('reference = "loan_id"', 'reference = "status"', "cannot be a feature or the target"),
        ('delimiter = ";"', 'delimiter = ","', "one character"),
        ('delimiter = ";"', 'ignore = ["channel"]', "to be ignored, and a feature"),
        ("false_positive = 1.0", "false_positive = 0.0", "costs.false_positive"),
        ("false_positive = 1.0", "false_positive = nan", "costs.false_positive|not a declaration"),
        ("[costs]", "[tolerances]\nshare = 0.0\n[costs]", "tolerances.share"),
        ("[costs]", "[tolerances]\nauc = 0.6\n[costs]", "tolerances.auc"),
        ("[costs]", '[tolerances]\nvolume = "0.2"\n[costs]', "tolerances.volume"),
        ("[costs]", "[tolerances]\nshares = 0.1\n[costs]", "tolerances.shares: Extra inputs"),
    ],
)
def test_a_mistake_is_named_by_its_place(old: str, new: str, message: str | None) -> None:
    if message is None:
        assert Declaration.from_toml(changed(old, new)).schema.example == {"channel": "shop"}
        return
    with pytest.raises(SchemaError, match=message):
        Declaration.from_toml(changed(old, new))


def test_tolerances_are_recorded_only_where_they_are_declared() -> None:
    some = changed("[costs]", "[tolerances]\nshare = 0.03\nvolume = 1\n[costs]")

    declared = Declaration.from_toml(some)

    assert declared.record()["tolerances"] == {"share": 0.03, "volume": 1.0}
    for none in (LOANS, changed("[costs]", "[tolerances]\n[costs]")):
        assert "tolerances" not in Declaration.from_toml(none).record()


@pytest.mark.parametrize(
    ("duration", "valid"),
    [
        ("P24M", True),
        ("P1Y2M3W4DT5H6M7S", True),
        ("PT90M", True),
        ("P1.5D", False),
        ("p24m", False),
        ("P24M ", False),
        ("P1D2M", False),
    ],
)
def test_a_duration_is_of_iso_8601(duration: str, valid: bool) -> None:
    text = changed("P30D", duration)
    if valid:
        assert Declaration.from_toml(text).outcome_due == duration
    else:
        with pytest.raises(SchemaError, match="duration"):
            Declaration.from_toml(text)


def _unreadable(path: Path, content: Any) -> Path:
    if content is None:
        path.mkdir()
    elif content is not Ellipsis:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (..., "No such file"),
        (None, "not a regular file|Is a directory"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"key = ", "not TOML"),
        (b"a = " + b"[" * 100_000, "not a declaration|not TOML"),
        (b"#" * (2**22 + 1), "more than 4,194,304 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: Any, message: str) -> None:
    path = _unreadable(tmp_path / "loans.toml", content)

    with pytest.raises(SchemaError, match=message) as refused:
        declaration.read(path)

    assert str(refused.value).startswith(str(path))


def test_a_link_to_a_declaration_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text(LOANS)
    (tmp_path / "loans.toml").symlink_to("real.toml")

    assert datasets.declared(str(tmp_path / "loans.toml")).schema.key == "loans"


def test_a_name_that_is_not_declared_is_refused() -> None:
    with pytest.raises(SchemaError, match="iris is not declared; known are gmsc; or name a file"):
        datasets.declared("iris")
