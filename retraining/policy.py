"""What counts as better, what a change costs, and how sure one must be: the user's to say."""

import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contract import plain_file, stored_json
from contract.digest import canonical_json, sha256
from contract.plain_file import NotText
from contract.text import Line, shown

_BUILT_IN = Path(__file__).with_name("policy.toml")
_FILE = "policy.toml"
_MAX_BYTES = 2**16

Amount = Annotated[float, Field(ge=0, le=1e15)]
Cost = Annotated[float, Field(gt=0, le=1e12)]
Share = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[float, Field(gt=0, le=3650)]


class PolicyError(Exception):
    """The policy cannot be read, or does not say what a policy says."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Errors(_Part):
    """What the two errors cost, in one unit of money."""

    unit: Annotated[Line, StringConstraints(min_length=1, max_length=20)]
    false_negative: Cost
    false_positive: Cost


class Costs(_Part):
    """What a change costs whatever it wins; flip and least_gain are per case of the horizon."""

    compute: Amount
    review: Amount
    change: Amount
    flip: Amount
    least_gain: Amount


class Horizon(_Part):
    """Over which a change has to pay: days, or cases."""

    days: Days | None = None
    cases: Annotated[float, Field(ge=1, le=1e12)] | None = None


class Evidence(_Part):
    """How much must be known before anything is changed."""

    alpha: Annotated[float, Field(gt=0, le=0.5)]
    minimum_coverage: Annotated[float, Field(gt=0, le=1)]
    minimum_bads: Annotated[int, Field(ge=1, le=10**9)]
    evaluation_share: Share
    look_days: Days


class Margins(_Part):
    """What counts as worse in a segment, than the anchor, and than the model once was."""

    segment_auc: Annotated[float, Field(ge=0, le=0.5)]
    segment_calibration: Annotated[float, Field(ge=0, le=10)]
    anchor: Annotated[float, Field(ge=0, le=10)]
    redesign: Annotated[float, Field(ge=0, le=10)]


class Approval(_Part):
    """Who must agree, and until when."""

    expiry_days: Days
    autonomous: tuple[Literal["threshold", "recalibrate", "rollback"], ...]


class Policy(_Part):
    """What a proposal goes by; its hash is in every record."""

    errors: Errors | None = None
    """None: the loss of a case is its squared error."""
    costs: Costs
    horizon: Horizon
    evidence: Evidence
    margins: Margins
    approval: Approval

    @classmethod
    def from_toml(cls, text: str) -> "Policy":
        """The policy in a file's text, the built-in one where it is silent; raises PolicyError."""
        built_in = tomllib.loads(_BUILT_IN.read_text(encoding="utf-8"))
        try:
            given = tomllib.loads(text)
            if given.get("horizon"):
                del built_in["horizon"]  # days and cases exclude each other
            # Through JSON, whose arrays a strict reader takes for tuples.
            policy = cls.model_validate_json(json.dumps(_over(built_in, given)))
        except tomllib.TOMLDecodeError as error:
            raise PolicyError(f"not TOML: {error}") from error
        except ValidationError as error:
            raise PolicyError(stored_json.complaint(error)) from error
        except (TypeError, ValueError, RecursionError) as error:
            raise PolicyError(f"not a policy: {shown(str(error))}") from error
        if (policy.horizon.days is None) == (policy.horizon.cases is None):
            raise PolicyError("horizon: say either days or cases")
        return policy

    @classmethod
    def read(cls, path: Path | None) -> "Policy":
        """The policy in a file, or the built-in one; raises PolicyError, which names the file."""
        if path is None:
            return cls.from_toml("")
        try:
            return cls.from_toml(plain_file.text(path, _MAX_BYTES))
        except PolicyError as error:
            raise PolicyError(f"{path}: {error}") from error
        except NotText as error:
            raise PolicyError(str(error)) from error

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Policy":
        """What `document` made; raises PolicyError where this release has no such policy."""
        try:
            return cls.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise PolicyError(stored_json.complaint(error)) from error

    @property
    def unit(self) -> str:
        """Of losses, benefits and costs."""
        return unit_of(self.document())

    def document(self) -> dict[str, Any]:
        """All of it as JSON, what is built in and what is not alike."""
        return self.model_dump(mode="json")

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON of `document`."""
        return sha256(canonical_json(self.document()))

    def horizon_cases(self, cases_per_day: float) -> float:
        """Cases that come while a change has to pay, at so many a day."""
        if self.horizon.cases is not None:
            return self.horizon.cases
        assert self.horizon.days is not None
        return self.horizon.days * cases_per_day


def unit_of(document: Mapping[str, Any] | None) -> str:
    """The unit of a policy as its document tells it; None: of the one that says no costs."""
    errors = (document or {}).get("errors") or {}
    return str(errors.get("unit", "of squared error"))


def policy_file(named: Path | None, data: Path) -> Path | None:
    """The policy's file: the one that is named, else the user's in `data`, else None: built in."""
    if named is not None:
        return named
    own = data / _FILE
    return own if own.exists() else None


def _over(built_in: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What is built in, with what is given in its place, member by member."""
    merged = {**built_in, **given}
    for name, members in given.items():
        if isinstance(members, dict) and isinstance(built_in.get(name), dict):
            merged[name] = {**built_in[name], **members}
    return merged
