from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.digest import canonical_json, sha256
from contract.feature import Feature, RatioOf, snake_case
from contract.schema import DataSetSchema, SchemaError
from tests.gmsc import SCHEMA


def with_feature(**changes: Any) -> DataSetSchema:
    """The declaration, with another first feature."""
    first, *others = SCHEMA.features
    return replace(SCHEMA, features=(replace(first, **changes), *others))


def feature(name: str) -> Feature:
    return next(item for item in SCHEMA.features if item.name == name)


def test_the_declaration_survives_its_json() -> None:
    assert DataSetSchema.from_json(SCHEMA.to_json()) == SCHEMA


def test_the_json_is_canonical() -> None:
    assert SCHEMA.to_json() == canonical_json(SCHEMA.to_dict())
    assert SCHEMA.to_json() != with_feature(unit="share").to_json()


def test_the_json_is_the_released_one() -> None:
    """It is part of the version ids, and of the rows in the logs that people have."""
    assert sha256(SCHEMA.to_json()) == (
        "84326bbc084d6f7c723b42a5f5854d83a3cb6ce247ba443223965a9b99453866"
    )


def test_the_declaration_is_the_ten_original_features_in_their_order() -> None:
    assert SCHEMA.id == "gmsc/1"
    assert SCHEMA.names == (
        "RevolvingUtilizationOfUnsecuredLines",
        "age",
        "NumberOfTime30-59DaysPastDueNotWorse",
        "DebtRatio",
        "MonthlyIncome",
        "NumberOfOpenCreditLinesAndLoans",
        "NumberOfTimes90DaysLate",
        "NumberRealEstateLoansOrLines",
        "NumberOfTime60-89DaysPastDueNotWorse",
        "NumberOfDependents",
    )
    assert [item.name for item in SCHEMA.features if item.nullable] == [
        "MonthlyIncome",
        "NumberOfDependents",
    ]


def test_the_columns_are_snake_case() -> None:
    assert [item.column for item in SCHEMA.features] == [
        "revolving_utilization_of_unsecured_lines",
        "age",
        "number_of_time_30_59_days_past_due_not_worse",
        "debt_ratio",
        "monthly_income",
        "number_of_open_credit_lines_and_loans",
        "number_of_times_90_days_late",
        "number_real_estate_loans_or_lines",
        "number_of_time_60_89_days_past_due_not_worse",
        "number_of_dependents",
    ]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("age", "age"),
        ("DebtRatio", "debt_ratio"),
        ("FICOScore", "fico_score"),
        ("ID", "id"),
        ("x1", "x_1"),
        ("already_snake", "already_snake"),
        ("Late90Days", "late_90_days"),
    ],
)
def test_a_name_becomes_snake_case(name: str, column: str) -> None:
    assert snake_case(name) == column


def test_the_example_is_valid_and_typed() -> None:
    for item in SCHEMA.features:
        value = SCHEMA.example[item.name]
        assert item.accepts(value)
        if item.kind == "integer":
            assert type(value) is int


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("age", 0, True),
        ("age", 130, True),
        ("age", 131, False),
        ("age", -1, False),
        ("age", 45.0, True),
        ("age", 45.5, False),
        ("age", None, False),
        ("MonthlyIncome", None, True),
        ("MonthlyIncome", 0.5, True),
        ("MonthlyIncome", float("nan"), False),
        ("MonthlyIncome", float("inf"), False),
    ],
)
def test_a_feature_accepts_what_is_possible(name: str, value: Any, accepted: bool) -> None:
    assert feature(name).accepts(value) is accepted


def test_a_feature_says_in_words_what_is_allowed() -> None:
    assert feature("age").allowed == "an integer from 0 to 130"
    assert feature("MonthlyIncome").allowed == "a number from 0 to 1,000,000,000, or null"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Age"}, "share a column name"),
        ({"example": -1}, "example"),
        ({"kind": "integer", "maximum": 2.0**31}, "32-bit"),
        ({"ratio_of": RatioOf("income", above=1)}, "unknown feature"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        with_feature(**changes)


@given(st.integers(0, len(SCHEMA.to_json()) - 1))
def test_a_cut_document_is_refused(length: int) -> None:
    with pytest.raises(SchemaError):
        DataSetSchema.from_json(SCHEMA.to_json()[:length])


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"features": 1}',
        b'{"features": [1], "target": {}}',
        canonical_json({**SCHEMA.to_dict(), "target": "y"}),
        canonical_json({**SCHEMA.to_dict(), "surplus": 1}),
        canonical_json(
            {**SCHEMA.to_dict(), "features": [{**SCHEMA.features[0].to_dict(), "x": 1}]}
        ),
    ],
)
def test_a_document_that_is_no_declaration_is_refused(document: bytes) -> None:
    with pytest.raises(SchemaError):
        DataSetSchema.from_json(document)
