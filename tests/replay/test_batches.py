"""Batches are cut at the same places, wherever one begins."""

from collections.abc import Sequence

from replay.batches import Batch, Limits, Predictions
from replay.rows import Prediction
from tests.contract.tables import number, table

SCHEMA = table(number("a%s"))


def row(at: int, client: int = 0, cells: str = "1.5") -> Prediction:
    return Prediction(at, 0, client, at, f"case-{at}", None, cells)


def cut(rows: Sequence[Prediction], most: int = 10, size: int = 10_000) -> list[Batch[Prediction]]:
    return list(Predictions(SCHEMA, Limits(most, most, size)).batches(rows))


def test_a_batch_is_of_one_client_and_no_longer_than_it_may_be() -> None:
    rows = [row(at) for at in range(23)] + [row(at, client=1) for at in range(23, 26)]

    batches = cut(rows)

    assert [len(batch.rows) for batch in batches] == [10, 10, 3, 3]
    assert [batch.client for batch in batches] == [0, 0, 0, 1]


def test_it_is_no_larger_than_it_may_be_but_for_a_row_that_is_so_alone() -> None:
    rows = [row(at, cells=f"{'9' * length}") for at, length in enumerate([10, 10, 500, 10, 10, 10])]

    batches = cut(rows, size=300)

    assert [len(batch.rows) for batch in batches] == [2, 1, 3]
    assert max(len(Predictions.body(batch)) for batch in batches if len(batch.rows) > 1) < 400


def test_from_the_beginning_of_any_batch_the_rest_is_the_same() -> None:
    rows = [row(at, client=at // 40, cells="7" * (1 + at % 9)) for at in range(100)]
    whole = cut(rows, most=8, size=600)
    assert len({len(batch.rows) for batch in whole}) > 2

    for count in range(len(whole)):
        begun = sum(len(batch.rows) for batch in whole[:count])
        assert cut(rows[begun:], most=8, size=600) == whole[count:]


def test_what_is_left_out_is_left_out_of_the_body() -> None:
    (batch,) = cut([row(at) for at in range(3)])

    body = Predictions.body(batch.without({0, 2}))

    assert body == (
        b'{"instances":[{"a%s":1.5}],"context":[{"reference":"case-1",'
        b'"event_time":"1970-01-01T00:00:00.000001Z"}]}'
    )
