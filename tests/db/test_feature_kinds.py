"""Columns, checks and views of every kind of feature, beside those of another data set."""

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg2 import errors

from contract.feature import Feature
from contract.schema import DataSetSchema
from contract.width import MAX_FEATURE_BYTES, feature_bytes
from db.connection import owner
from db.migrate import derive
from tests.conftest import Database
from tests.contract.tables import category, flag, number, table
from tests.db.rows import insert, row

QUOTED = "Straße: 漢字 {x} \"y\" \\ 'z' %s"
SCHEMA = table(
    number("Loan amount"),
    flag("returning"),
    flag("Is it: 'new'?", sql_name="is_new", nullable=False),
    category(levels=("web", QUOTED)),
    category("purpose", unknown="missing", nullable=False),
)

_OWN = (
    *("predicted_at", "request_id", "model_version", "probability", "threshold"),
    *("prediction", "duration_ms"),
)


def declare(database: Database, schema: DataSetSchema) -> None:
    with owner(database.settings).connect() as connection:
        list(derive(connection, schema))


def loan(moment: Any = "2031-07-01T12:00:00Z", **values: Any) -> dict[str, Any]:
    """A row of the declaration above."""
    features = {
        "loan_amount": 5.5,
        "returning": True,
        "is_new": False,
        "channel": "web",
        "purpose": "car",
    }
    return own(moment) | {"schema_version": SCHEMA.id} | features | values


def own(moment: str) -> dict[str, Any]:
    """What a row has beside its features."""
    return {name: row(moment)[name] for name in _OWN}


def test_each_kind_is_a_typed_column_that_says_what_it_holds(database: Database) -> None:
    declare(database, SCHEMA)

    rows = database.query(
        "SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)"
        " FROM pg_attribute WHERE attrelid = 'prediction_log'::regclass"
    )
    found = {name: (kind, comment) for name, kind, comment in rows}
    assert found["loan_amount"] == (
        "double precision",
        "Loan amount, as received: An amount (EUR; a number from 0 to 1,000, or null)",
    )
    assert found["is_new"] == (
        "boolean",
        "Is it: 'new'?, as received: A flag (true or false)",
    )
    assert found["channel"] == (
        "text",
        f'channel, as received: A category (one of "web", "{QUOTED}", or null)',
    )
    assert found["purpose"] == (
        "text",
        "purpose, as received: A category (a text of 1 to 200 characters)",
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("channel", QUOTED),
        ("channel", None),
        ("purpose", "x" * 200),
        ("purpose", "漢" * 200),
        ("purpose", "\t\n\\.\r"),
        ("returning", None),
        ("is_new", True),
    ],
)
def test_a_possible_value_is_kept_as_it_is(database: Database, column: str, value: object) -> None:
    declare(database, SCHEMA)

    insert(database, [loan(**{column: value})], role="postgres")

    assert database.query(f'SELECT "{column}" FROM prediction_log') == [(value,)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("channel", "Web"),
        ("channel", "web "),
        ("channel", ""),
        ("purpose", ""),
        ("purpose", "x" * 201),
        ("purpose", None),
        ("is_new", None),
        ("loan_amount", 1000.5),
    ],
)
def test_an_impossible_value_is_refused(database: Database, column: str, value: object) -> None:
    declare(database, SCHEMA)

    with pytest.raises(errors.CheckViolation, match="prediction_log_loans_1_features"):
        insert(database, [loan(**{column: value})])


@pytest.mark.parametrize(
    "feature",
    [
        category(levels=("web", "branch"), nullable=True),
        category(levels=("web",), unknown="missing"),
        category(levels=("web",), nullable=False),
    ],
    ids=["levels", "unknown", "nullable"],
)
def test_other_levels_are_another_rule(database: Database, feature: Feature) -> None:
    declare(database, table(category(levels=("web",))))

    with pytest.raises(Exception, match="raise the declaration's version"):
        declare(database, table(feature))


def test_views_give_each_kind_the_figures_that_it_has(database: Database) -> None:
    declare(database, SCHEMA)
    now = datetime.now(UTC)
    insert(
        database,
        [
            loan(now.isoformat(), returning=True, channel="web", purpose="car"),
            loan(now.isoformat(), returning=True, channel=QUOTED, purpose="web"),
            loan(now.isoformat(), returning=False, channel=None, purpose="boat"),
            loan(now.isoformat(), returning=None, channel="web", purpose="web"),
            row(now.isoformat()),
        ],
    )

    features = database.query(
        "SELECT feature, predictions, missing_share, mean, minimum, maximum"
        " FROM monitoring.feature_per_day",
        role="analyst",
    )
    levels = database.query(
        "SELECT feature, level, predictions FROM monitoring.category_per_day", role="analyst"
    )
    [hour] = database.query(
        'SELECT predictions, loan_amount, "returning", returning_missing, channel, channel_missing'
        " FROM monitoring.last_day_by_hour",
        role="analyst",
    )

    assert sorted(features) == [
        ("Is it: 'new'?", 4, 0.0, 0.0, 0.0, 0.0),
        ("Loan amount", 4, 0.0, 5.5, 5.5, 5.5),
        ("channel", 4, 0.25, None, None, None),
        ("purpose", 4, 0.0, None, None, None),
        ("returning", 4, 0.25, 2 / 3, 0.0, 1.0),
    ]
    assert set(levels) == {
        ("channel", "web", 2),
        ("channel", QUOTED, 1),
        ("purpose", "web", 2),
        ("purpose", None, 2),
    }
    assert hour == (4, 5.5, 2 / 3, 0.25, None, 0.25)


def test_a_table_without_categories_has_the_view_of_them(database: Database) -> None:
    insert(database, [row("2031-07-01T00:00:00Z")])

    assert database.query("SELECT * FROM monitoring.category_per_day", role="analyst") == []


def test_another_data_set_leaves_rows_and_columns_of_the_first(database: Database) -> None:
    insert(database, [row("2031-07-01T00:00:00Z", age=45)])

    declare(database, SCHEMA)

    insert(database, [loan(), row("2031-07-01T00:00:00Z", age=46)])
    rows = database.query("SELECT schema_version, age, channel FROM prediction_log ORDER BY age")
    assert rows == [("gmsc/1", 45, None), ("gmsc/1", 46, None), ("loans/1", None, "web")]
    declared = database.query("SELECT DISTINCT schema_version FROM monitoring.feature_per_day")
    assert declared == [("loans/1",)]


def test_a_mean_of_numbers_whose_squares_overflow_is_a_mean(database: Database) -> None:
    declare(database, table(number(maximum=1e300)))
    values = {"schema_version": "loans/1", "amount": 1e300}
    base = own("2031-07-01T12:00:00Z") | values
    insert(database, [base, base, base | {"amount": None}])

    rows = database.query("SELECT missing_share, mean FROM monitoring.feature_per_day")

    assert rows == [(1 / 3, 1e300)]


def widest(kind: str) -> list[Feature]:
    """As many features of the kind as a declaration may have."""
    made: list[Feature] = []
    while len(made) < 1000:
        name = f"f{len(made)}"
        made.append(
            number(name, maximum=1e300) if kind == "float" else category(name, unknown="missing")
        )
        if feature_bytes(made) > MAX_FEATURE_BYTES:
            return made[:-1]
    return made


def largest(feature: Feature, index: int) -> object:
    # A text of 20 bytes is the longest that is never kept elsewhere.
    texts = ("x" * 20, "漢字" * 100)
    return 1e299 if feature.kind == "float" else texts[index % 2]


@pytest.mark.parametrize("kind", ["float", "category"])
def test_a_table_as_wide_as_can_be_is_logged_and_seen(database: Database, kind: str) -> None:
    schema = table(*widest(kind))
    declare(database, schema)
    values = {
        feature.column: largest(feature, index) for index, feature in enumerate(schema.features)
    }
    base = own(datetime.now(UTC).isoformat()) | {"schema_version": schema.id}
    texts = dict.fromkeys(("request_id", "client_reference", "api_key_name"), "x" * 20)
    last = {schema.features[-1].column: None}

    insert(database, [base | texts | values | last])

    features = database.query("SELECT feature, missing_share FROM monitoring.feature_per_day")
    assert [name for name, missing in features if missing] == [schema.names[-1]]
    assert len(features) == len(schema.features)
    shares = database.query("SELECT f_0_missing FROM monitoring.last_day_by_hour")
    assert shares == [(0.0,)]
    view = "last_day_by_hour" + ("_2" if len(schema.features) > 800 else "")
    shares = database.query(f"SELECT f_{len(schema.features) - 1}_missing FROM monitoring.{view}")
    assert shares == [(1.0,)]
