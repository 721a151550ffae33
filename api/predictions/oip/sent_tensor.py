"""A tensor as it was sent."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from api.predictions.oip.tensors import FLOATS, INTEGERS
from contract.document import FieldError
from contract.request import Values


class SentTensor(NamedTuple):
    """A tensor of a request, whose members have the protocol's form."""

    place: str
    name: str
    shape: list[float]
    datatype: str
    data: list[Any]
    nested: bool
    """Whether the data are rows; the protocol allows them flattened too."""

    @classmethod
    def of(cls, index: int, members: dict[str, Any]) -> "SentTensor":
        """From the members of the request's tensor `index`."""
        shape, data = members["shape"], members["data"]
        nested = len(shape) == 2 and all(isinstance(row, list) for row in data)
        return cls(f"/inputs/{index}", members["name"], shape, members["datatype"], data, nested)

    def without_nan(self) -> tuple["SentTensor", int]:
        """The same with null for each NaN, by which numpy says missing, and how many there were.

        Only a datatype of floats has it.
        """
        if self.datatype not in FLOATS:
            return self, 0
        rows = [_without_nan(row) for row in self.data] if self.nested else _without_nan(self.data)
        made = self._replace(data=rows)
        return made, made.flat.count(None) - self.flat.count(None)

    @property
    def flat(self) -> list[Any]:
        """The values, row by row."""
        return [value for row in self.data for value in row] if self.nested else self.data

    @property
    def fits(self) -> bool:
        """Whether the data are as many as the shape says."""
        if not self.nested:
            return len(self.data) == math.prod(self.shape)
        return [len(self.data), *{len(row) for row in self.data}] == self.shape

    def pointer(self, row: int, column: int) -> str:
        """Place of the value in this column of the tensor."""
        if self.nested:
            return f"{self.place}/data/{row}/{column}"
        width = int(self.shape[1]) if len(self.shape) == 2 else 1
        return f"{self.place}/data/{row * width + column}"

    def unlike_datatype(self, names: Sequence[str], rows: Sequence[Values]) -> Iterator[FieldError]:
        """Values that their features may have and the datatype may not; `names` by column."""
        if self.datatype not in INTEGERS:
            return
        least, most = INTEGERS[self.datatype]
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, float) and not (value.is_integer() and least <= value <= most):
                    detail = f"{names[column]} must fit into {self.datatype}, its tensor's datatype"
                    yield FieldError(self.pointer(row, column), "invalid", detail)


def _without_nan(values: list[Any]) -> list[Any]:
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]
