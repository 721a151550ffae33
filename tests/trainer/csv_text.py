"""CSV files in the form of Give Me Some Credit, from made-up rows."""

import math

from tests.gmsc import SCHEMA
from trainer.sample import make_sample

COLUMNS = [SCHEMA.target.name, *SCHEMA.names]


def rows(count: int) -> list[dict[str, str]]:
    """Rows of the sample as the original file writes them."""
    data = make_sample(SCHEMA)
    found = []
    for label, values in zip(data.labels[:count], data.features[:count].tolist(), strict=True):
        texts = [
            "NA" if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
            for value in values
        ]
        found.append(dict(zip(COLUMNS, [str(label), *texts], strict=True)))
    return found


def csv_text(
    content: list[dict[str, str]],
    columns: list[str] | None = None,
    *,
    index: bool = True,
    end: str = "\n",
) -> str:
    columns = columns or COLUMNS
    lines = [",".join((["", *columns]) if index else columns)]
    for number, row in enumerate(content, 1):
        texts = [row[column] for column in columns]
        lines.append(",".join([str(number), *texts] if index else texts))
    return "".join(f"{line}{end}" for line in lines)
