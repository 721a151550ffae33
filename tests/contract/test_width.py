"""A declaration whose rows do not fit into a page of PostgreSQL is refused."""

import pytest

from contract.feature import Feature
from contract.schema import SchemaError
from contract.width import MAX_FEATURE_BYTES, feature_bytes
from tests.contract.tables import category, flag, number, table

COUNT = number("count", kind="integer", example=3)


@pytest.mark.parametrize(
    ("features", "size"),
    [
        ([number()], 8),
        ([COUNT], 4),
        ([flag()], 1),
        ([category(levels=("web", "b"))], 4),
        ([category(levels=("web", "漢" * 6))], 19),
        ([category(levels=("web", "x" * 20))], 21),
        ([category(levels=("web", "x" * 21))], 24),
        ([category(levels=("web",), unknown="missing")], 24),
        ([flag(), number()], 16),
        ([flag(), COUNT, flag(), number()], 24),
        ([number(), COUNT, flag(), flag()], 14),
        ([flag(), category(unknown="missing")], 28),
    ],
)
def test_values_take_their_bytes_and_what_puts_them_in_line(
    features: list[Feature], size: int
) -> None:
    assert feature_bytes(features) == size


def test_a_row_that_can_be_too_wide_is_refused_by_its_declaration() -> None:
    numbers = [number(f"f{index}", sql_name=f"f{index}") for index in range(938)]

    assert len(table(*numbers[:937]).features) * 8 <= MAX_FEATURE_BYTES
    with pytest.raises(SchemaError, match=r"938 features can take 7,504 bytes.* holds 7,500"):
        table(*numbers)
