"""A policy says all that a proposal goes by, and nothing in it is overlooked."""

from pathlib import Path

import pytest

from retraining.policy import Policy, PolicyError, policy_file

MONEY = """
[errors]
unit = "EUR"
false_negative = 5000
false_positive = 400.0

[costs]
review = 200
"""


def test_what_a_policy_leaves_out_is_built_in() -> None:
    built_in, own = Policy.read(None), Policy.from_toml(MONEY)

    assert own.unit == "EUR"
    assert own.costs.review == 200
    assert own.costs.least_gain == built_in.costs.least_gain
    assert own.evidence == built_in.evidence


def test_nothing_goes_without_a_person_unless_a_policy_says_so() -> None:
    assert Policy.read(None).approval.autonomous == ()
    assert Policy.from_toml('[approval]\nautonomous = ["threshold"]').approval.autonomous


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[costs]\nreveiw = 1.0", "costs.reveiw"),
        ("[cost]\nreview = 1.0", "cost:"),
        ("[errors]\nunit = 'EUR'\nfalse_negative = 1.0", "errors.false_positive"),
        ("[evidence]\nalpha = 0.0", "evidence.alpha"),
        ("[evidence]\nminimum_bads = 50.5", "evidence.minimum_bads"),
        ("[costs]\nreview = nan", "not a policy|costs.review"),
        ("[costs]\nreview = '1'", "costs.review"),
        ("[horizon]\ndays = 9.0\ncases = 9.0", "either days or cases"),
        ('[approval]\nautonomous = ["refit"]', "approval.autonomous"),
        ("costs = 3", "costs"),
        ("[costs", "not TOML"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policy.from_toml(text)


def test_the_same_policy_has_the_same_hash_however_it_is_written() -> None:
    reordered = "[costs]\nreview = 200.0\n" + MONEY.split("[costs]", maxsplit=1)[0].replace(
        "5000", "5e3"
    )

    assert Policy.from_toml(MONEY).sha256 == Policy.from_toml(reordered).sha256
    assert Policy.from_toml(MONEY).sha256 != Policy.read(None).sha256


def test_a_horizon_is_of_days_or_of_cases() -> None:
    assert Policy.from_toml("[horizon]\ndays = 30").horizon_cases(100.0) == 3000
    assert Policy.from_toml("[horizon]\ncases = 500").horizon_cases(100.0) == 500


def test_the_users_policy_is_found_beside_the_data(tmp_path: Path) -> None:
    assert policy_file(None, tmp_path) is None

    (tmp_path / "policy.toml").write_text(MONEY, encoding="utf-8")

    assert policy_file(None, tmp_path) == tmp_path / "policy.toml"
    assert policy_file(tmp_path / "other.toml", tmp_path) == tmp_path / "other.toml"


def test_what_cannot_be_read_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xff")
    (tmp_path / "wrong.toml").write_text("[costs]\nreveiw = 1", encoding="utf-8")

    for name, complaint in {
        "missing.toml": "No such file",
        "latin.toml": "not UTF-8",
        "wrong.toml": "reveiw",
        ".": "not a regular file",
    }.items():
        with pytest.raises(PolicyError, match=complaint) as refused:
            Policy.read(tmp_path / name)
        assert str(tmp_path / name) in str(refused.value)
