"""The declaration of a table in a file: the data set, how it is written, and what is known of time.

The file is TOML (version 1.0); docs/declaring.md describes it member by member. What a model and
the log go by is the data set's schema; the rest steers the trainer, and the phases that judge
predictions by their outcomes.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contract import plain_file, stored_json
from contract.feature import Feature, Level, Number
from contract.plain_file import NotText
from contract.schema import DataSetSchema, SchemaError, Target
from contract.text import Line, shown

_MAX_BYTES = 2**22

# ISO 8601-1, 5.5.2.2, without fractions; years and months are the calendar's.
_DURATION = re.compile(
    r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII
)

Label = Number | bool | Level
"""A value of the target's column: a text is compared as a text, a number as a number."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,27}$")]
"""A data set's own name: it is a part of version ids, and of the name of a check in the log."""

Column = Annotated[Line, StringConstraints(min_length=1)]
"""A column of the table, by the name in its header."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class TargetColumn(_Part):
    """The label's column, which of its values are the event, and which are not.

    A row with any other value is refused: a label that was mistyped must not pass for "no".
    """

    name: Column
    description: Line
    positive: Label | tuple[Label, ...] = 1
    negative: Label | tuple[Label, ...] = 0

    @property
    def positives(self) -> tuple[Label, ...]:
        """The values that are the event."""
        return self.positive if isinstance(self.positive, tuple) else (self.positive,)

    @property
    def negatives(self) -> tuple[Label, ...]:
        """The values that are not."""
        return self.negative if isinstance(self.negative, tuple) else (self.negative,)


class Source(_Part):
    """How the table's file is written, and under which name it is looked for."""

    file: Line | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: Literal["utf-8", "windows-1252", "iso-8859-1", "utf-16"] = "utf-8"
    missing: Annotated[tuple[str, ...], Field(max_length=100)] = ("", "NA")
    true: Annotated[tuple[Level, ...], Field(max_length=20)] = ("true", "True", "TRUE", "1")
    false: Annotated[tuple[Level, ...], Field(max_length=20)] = ("false", "False", "FALSE", "0")
    time_format: Line | None = None
    """Of `strptime`; None: ISO 8601. A time without an offset is UTC."""
    ignore: Annotated[tuple[Column, ...], Field(max_length=5000)] = ()
    """Columns that are in the file and are no inputs, as those that leak the label."""


class Costs(_Part):
    """What the two kinds of error cost, in one currency; only their ratio matters."""

    false_positive: Annotated[float, Field(gt=0, le=1e12)]
    false_negative: Annotated[float, Field(gt=0, le=1e12)]


class Tolerances(_Part):
    """By how much a quantity may move before it is a change; None: the monitor's default."""

    share: Annotated[float, Field(gt=0, le=0.5)] | None = None
    atom: Annotated[float, Field(gt=0, le=0.5)] | None = None
    observed_over_expected: Annotated[float, Field(gt=0, le=10)] | None = None
    auc: Annotated[float, Field(gt=0, le=0.5)] | None = None
    coverage: Annotated[float, Field(gt=0, le=1)] | None = None
    delay: Annotated[float, Field(gt=0, le=10)] | None = None
    volume: Annotated[float, Field(gt=0, le=10)] | None = None

    def declared(self) -> dict[str, float]:
        """Those that are set."""
        return self.model_dump(exclude_none=True)


class _Document(_Part):
    key: Key
    version: int
    title: Line
    target: TargetColumn
    features: tuple[Feature, ...]
    source: Source = Source()
    reference: Column | None = None
    event_time: Column | None = None
    outcome_time: Column | None = None
    outcome_due: Line | None = None
    outcome_due_column: Column | None = None
    split: Literal["hash", "time", "group"] = "hash"
    group: Column | None = None
    costs: Costs | None = None
    tolerances: Tolerances = Tolerances()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A table as it was declared.

    reference: the column of the case's own key. event_time: when the case was to be decided;
    outcome_time: when its outcome was known; outcome_due: how long after the event it is known at
    the latest (ISO 8601), or outcome_due_column, the column that says when. split: what decides
    which rows are held out; group: the column whose values stay together.
    """

    schema: DataSetSchema
    target: TargetColumn
    source: Source
    reference: str | None
    event_time: str | None
    outcome_time: str | None
    outcome_due: str | None
    outcome_due_column: str | None
    split: Literal["hash", "time", "group"]
    group: str | None
    costs: Costs | None
    tolerances: Tolerances

    @classmethod
    def from_toml(cls, text: str) -> "Declaration":
        """The declaration in a file's text; raises SchemaError."""
        try:
            # Through JSON, whose arrays a strict reader takes for tuples; a date is no member here.
            document = _Document.model_validate_json(json.dumps(tomllib.loads(text)))
        except tomllib.TOMLDecodeError as error:
            raise SchemaError(f"not TOML: {error}") from error
        except ValidationError as error:
            raise SchemaError(stored_json.complaint(error)) from error
        except (TypeError, ValueError, RecursionError) as error:
            raise SchemaError(f"not a declaration: {shown(str(error))}") from error
        for problem in _contradictions(document):
            raise SchemaError(f"{document.key}: {problem}")
        members: dict[str, Any] = {
            name: getattr(document, name) for name in document.__class__.model_fields
        }
        target = Target(document.target.name, document.target.description)
        own = {name: members.pop(name) for name in ("key", "version", "title", "features")}
        return cls(schema=DataSetSchema(**own, target=target), **members)

    @property
    def roles(self) -> dict[str, str]:
        """The columns of the table that are neither features nor the target, by what they are."""
        names = ("reference", "event_time", "outcome_time", "outcome_due_column", "group")
        return {name: column for name in names if (column := getattr(self, name)) is not None}

    def record(self) -> dict[str, Any]:
        """What a bundle's metadata keep of it beside the schema, for whoever judges outcomes."""
        return {
            "positive": list(self.target.positives),
            "negative": list(self.target.negatives),
            "reference": self.reference,
            "event_time": self.event_time,
            "outcome_time": self.outcome_time,
            "outcome_due": self.outcome_due,
            "outcome_due_column": self.outcome_due_column,
            "split": self.split,
            "group": self.group,
            "costs": self.costs.model_dump() if self.costs else None,
            # Only where there are some: other bundles are what they were, to the byte.
            **self.tolerances_declared,
        }

    @property
    def tolerances_declared(self) -> dict[str, dict[str, float]]:
        """The tolerances that are set, as a member of a document; nothing where none is."""
        declared = self.tolerances.declared()
        return {"tolerances": declared} if declared else {}


def read(path: Path) -> Declaration:
    """The declaration in a file; raises SchemaError, which names the file and the place."""
    try:
        return Declaration.from_toml(plain_file.text(path, _MAX_BYTES))
    except SchemaError as error:
        raise SchemaError(f"{path}: {error}") from error
    except NotText as error:
        raise SchemaError(str(error)) from error


def _contradictions(document: _Document) -> Iterator[str]:
    target, features = document.target, {feature.name for feature in document.features}
    if set(target.positives) & set(target.negatives):
        yield f"a value of {target.name} is positive and negative"
    if not target.positives or not target.negatives:
        yield f"{target.name} needs values that are positive and others that are negative"
    if document.split == "time" and document.event_time is None:
        yield 'split = "time" needs event_time, the column to split by'
    if (document.split == "group") != (document.group is not None):
        yield 'split = "group" and group, the column to split by, belong together'
    if document.outcome_due is not None and not _DURATION.fullmatch(document.outcome_due):
        yield f"outcome_due is no duration of ISO 8601, as P24M or P30D: {document.outcome_due}"
    if None not in {document.outcome_due, document.outcome_due_column}:
        yield "outcome_due and outcome_due_column say the same: leave one of them out"
    # A group may be an input as well; a time or a key of the case tells the label, or nothing.
    for role in ("reference", "event_time", "outcome_time", "outcome_due_column"):
        column = getattr(document, role)
        if column in features or column == target.name:
            yield f"{column} is {role}, and so cannot be a feature or the target"
    if document.group == target.name:
        yield f"{target.name} is the target, and so cannot be the group"
    if ignored := features & set(document.source.ignore):
        yield f"{', '.join(sorted(ignored))}: to be ignored, and a feature"
    if document.source.delimiter == document.source.decimal:
        yield "delimiter and decimal are one character"
