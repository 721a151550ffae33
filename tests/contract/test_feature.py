"""A feature of each kind: what it accepts, how it is written, what contradicts itself."""

from dataclasses import replace
from typing import Any

import pytest

from contract.feature import MAX_LEVELS, MAX_TEXT, Feature, RatioOf
from contract.reserved import RESERVED_COLUMNS
from contract.schema import MAX_FEATURES, DataSetSchema, SchemaError
from tests.contract.tables import category, flag, number, table

UNKNOWN = category(unknown="missing")


@pytest.mark.parametrize(
    ("feature", "value", "accepted"),
    [
        (flag(), True, True),
        (flag(), None, True),
        (flag(nullable=False), None, False),
        (flag(), 1.0, False),
        (flag(), "true", False),
        (category(), "web", True),
        (category(), "Web", False),
        (category(), "", False),
        (category(), 0.0, False),
        (category(), True, False),
        (category(), None, True),
        (category(nullable=False), None, False),
        (UNKNOWN, "anything", True),
        (UNKNOWN, "x" * MAX_TEXT, True),
        (UNKNOWN, "x" * (MAX_TEXT + 1), False),
        (UNKNOWN, "", False),
        (UNKNOWN, "a\0b", False),
        (UNKNOWN, "half \ud800", False),
        (UNKNOWN, "Größe", True),
        (UNKNOWN, 1.0, False),
        (number(), True, False),
        (number(), "5", False),
    ],
)
def test_a_feature_accepts_the_values_of_its_kind(
    feature: Feature, value: Any, accepted: bool
) -> None:
    assert feature.accepts(value) is accepted


def test_a_feature_says_in_words_what_is_allowed() -> None:
    assert flag(nullable=False).allowed == "true or false"
    assert category(levels=("web", "shop")).allowed == 'one of "web", "shop", or null'
    assert UNKNOWN.allowed == "a text of 1 to 200 characters, or null"
    many = tuple(f"l{number}" for number in range(20))
    assert category(levels=many, example="l1").allowed.endswith('"l7" and 12 more, or null')
    assert number(minimum=0.25, maximum=1.5).allowed == "a number from 0.25 to 1.5, or null"


def test_the_json_has_the_members_of_the_kind_and_no_others() -> None:
    own = {"name", "kind", "nullable", "description", "example"}

    assert set(flag().to_dict()) == own
    assert set(category().to_dict()) == own | {"levels", "unknown"}
    assert set(number(sql_name="n").to_dict()) == own | {
        *("minimum", "maximum", "unit", "missing_codes", "ratio_of", "sql_name")
    }


def test_a_declaration_of_every_kind_survives_its_json() -> None:
    schema = table(number(), flag(), category(), replace(UNKNOWN, name="Größe", sql_name="groesse"))

    assert DataSetSchema.from_json(schema.to_json()) == schema


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([category(levels=())], "without levels"),
        ([category(levels=("web", "web"))], "a level twice"),
        ([category(example="shop")], "must be one of"),
        ([flag(example="yes")], "must be true or false"),
        ([number(minimum=None)], "needs a minimum and a maximum"),
        ([number(minimum=9, maximum=1, example=5)], "above its maximum"),
        ([number(missing_codes=(-1,))], "the missing code -1 of amount is out of its range"),
        ([number(levels=("a",))], "of kind float, which has no levels"),
        ([number(unknown="missing")], "of kind float, which has no unknown"),
        ([flag(unit="EUR")], "of kind boolean, which has no unit"),
        ([category(minimum=0)], "of kind category, which has no minimum"),
        ([number("漢字")], "give it one as sql_name"),
        ([number("x" * 56)], "1 to 55"),
        ([number("9 lives")], "makes no name of a column"),
        ([number(sql_name="Robert'); --")], "makes no name of a column"),
        ([number("a b"), number("A_B")], "share a column name, a_b"),
        ([number("income"), flag("income missing")], "count the missing values"),
        ([number("same"), number("same", sql_name="other")], "same is there twice"),
        ([number("bad")], "bad is there twice"),
        ([category(), number(ratio_of=RatioOf("channel", above=1))], "no number"),
        ([number(ratio_of=RatioOf("amount", above=1))], "ratio of itself"),
        *(([number("x", sql_name=name)], "keeps for itself") for name in RESERVED_COLUMNS),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    features: list[Feature], message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        table(*features)


def test_as_many_features_as_the_log_takes_and_no_more() -> None:
    features = [flag(f"n{place}") for place in range(MAX_FEATURES)]
    table(*features)

    with pytest.raises(SchemaError, match="1,001 features"):
        table(*features, flag())


def test_as_many_levels_as_the_trees_take_and_no_more() -> None:
    levels = [f"level {place}" for place in range(MAX_LEVELS + 1)]
    document = table(category(levels=tuple(levels), example="level 1")).to_json()

    with pytest.raises(SchemaError, match="levels"):
        DataSetSchema.from_json(document)
