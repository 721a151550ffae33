"""What metadata.json holds: the one description by which it is written and read."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from contract.digest import Sha256
from contract.link import IDENTITY, Link
from contract.signature import SIGNATURE
from contract.text import Line, Name

FORMAT = 2
"""Number of the form in which bundles are written. Raise it whenever a reader of the old form would
misread the new one, or the form or the arithmetic of contract.preprocessing, contract.sigmoid or
contract.trees changes; a release then refuses by its number what it does not read."""

PICKLED = 1
"""Number of the form of two pickles; such bundles are served from their conversions."""

METADATA = "metadata.json"
SCHEMA = "schema.json"
PREPROCESSING = "preprocessing.json"
TREES = "model.treelite"
GOLDEN = "golden.json"
# For people with a notebook; what serves a bundle does not open them.
PICKLES = ("preprocessing.joblib", "model.joblib")

USED = (SCHEMA, PREPROCESSING, TREES, GOLDEN)
"""What is served is made of these files, and of the metadata."""

_MAX_FILES = 64

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


def _moment(text: str) -> str:
    if not 2000 <= datetime.fromisoformat(text).year < 9999:
        raise ValueError("is no time of our days")
    return text


# RFC 3339, which Python, Postgres and JSON's readers all take.
Moment = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]{1,6})?"
        r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
    ),
    AfterValidator(_moment),
]


def _file(name: str) -> str:
    if name in {METADATA, SIGNATURE}:
        raise ValueError("is not listed in itself")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class _Report(_Part):
    """A part for people, which may say more; where it says one of these, that is what it is."""

    model_config = ConfigDict(extra="allow")


class Data(_Report):
    """What the model was trained on."""

    sha256: Sha256
    is_sample: bool
    source: Line = "unknown"
    rows: Count = 0
    positives: Count = 0
    training_rows: Count = 0
    training_positives: Count = 0
    held_out_rows: Count = 0


class Settings(_Report):
    """What steered the training."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    test_share: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Metrics(_Report):
    """How good the model is on the held-out rows."""

    rows: Count = 0
    positives: Count = 0
    auc: Share = 0
    average_precision: Share = 0
    brier: Share = 0


class Threshold(_Part):
    """From which probability on the prediction is 1."""

    value: Share
    reason: Line


class _Link(_Part):
    intercept: float
    slope: float

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        link = Link(self.intercept, self.slope)
        link.check()
        if link == IDENTITY:
            raise ValueError("changes nothing, and is to be left out")
        return self


class Derivation(_Part):
    """Why a version was derived; rows_sha256: of the rows that its link and threshold fit."""

    rows_sha256: Sha256 | None
    reason: Line


class Metadata(_Part):
    """All of metadata.json but its own checksum.

    Only what a program goes by is described to the last member; the defaults of reports say what
    may be left out.
    """

    format: int
    version: Name
    created_at: Moment
    dataset: Name
    schema_version: Line
    data: Data
    settings: Settings
    threshold: Threshold
    metrics: Metrics
    libraries: dict[Name, Line]
    python: Line
    preprocessing: dict[str, Any]
    declaration: dict[str, Any] = {}
    files: Annotated[
        dict[Annotated[Name, AfterValidator(_file)], Sha256], Field(max_length=_MAX_FILES)
    ]
    derived_from: Name | None = None
    """The version whose trees these are; absent in one that was trained."""
    link: _Link | None = None
    """Over the trees' sum, whatever link the other version has; absent where it changes nothing."""
    derivation: Derivation | None = None

    @model_validator(mode="after")
    def _derived_whole(self) -> Self:
        if (self.derived_from is None) != (self.derivation is None):
            raise ValueError("derived_from and derivation belong together")
        if self.link is not None and self.derived_from is None:
            raise ValueError("a link belongs to a version that is derived from another")
        return self
