"""What requests about outcomes hold, as JSON Schema for OpenAPI."""

from typing import Any

from api.outcomes.request import MEMBER
from api.outcomes.routes import KINDS
from contract.case import MOMENT
from outcomes.report import STATES
from outcomes.rules import FIELDS, ID, MAX_KEY, MAX_SOURCE, REQUIRED, TIME

_PRINTABLE = "[!-~\u00a1-\u00ac\u00ae-\u00ff]"


def _pattern(of: str) -> str:
    # RFC 3339 allows small letters and a blank as well, JSON Schema's format does not.
    return of.replace("[Tt ]", "T").replace("[Zz]", "Z")


_TIME = {"type": "string", "format": "date-time", "pattern": _pattern(TIME)}
_AS_OF = {**_TIME, "pattern": _pattern(MOMENT)}


def _text(most: int) -> dict[str, Any]:
    pattern = f"^{_PRINTABLE}([ {_PRINTABLE[1:-1]}]{{0,{most - 2}}}{_PRINTABLE})?$"
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": pattern}


_FORMS: dict[str, dict[str, Any]] = {
    "prediction_id": {"type": "string", "format": "uuid", "pattern": ID},
    "reference": _text(MAX_KEY),
    "source": _text(MAX_SOURCE),
    "event_key": _text(MAX_KEY),
    "state": {"type": "string", "enum": list(STATES), "default": "final"},
    "outcome": {"type": ["integer", "null"], "enum": [0, 1, None]},
    "revision": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": 0},
    "observed_at": _TIME,
}
_EXAMPLE = {
    "reference": "A-2024-0815",
    "source": "collections",
    "event_key": "dpd90-0815",
    "outcome": 1,
    "observed_at": "2025-03-05T09:30:00Z",
}


def body_schema(most: int) -> dict[str, Any]:
    """The body of POST /outcomes, with at most so many reports."""
    report = {
        "type": "object",
        "title": "Report of an outcome",
        "additionalProperties": False,
        "required": list(REQUIRED),
        "properties": {
            name: {**_FORMS[name], "description": f"Must be {allowed}"}
            for name, allowed in FIELDS.items()
        },
        "example": _EXAMPLE,
    }
    reports = {"type": "array", "items": report, "minItems": 1, "maxItems": most}
    return {
        "type": "object",
        "title": "Reports of outcomes",
        "additionalProperties": False,
        "required": [MEMBER],
        "properties": {MEMBER: reports},
        "example": {MEMBER: [_EXAMPLE]},
    }


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


SUBJECT = {
    "description": "A prediction_id, or a reference as it was sent",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
    "example": "loan-12",
}
"""What GET /outcomes/{subject} is asked about."""

PARAMETERS = [
    _parameter(
        "as_of",
        "What was known then; now, if it is left out",
        _AS_OF,
    ),
    _parameter(
        "kind",
        "What the subject is; left out, a UUID of version 7 is a prediction's",
        {"type": "string", "enum": list(KINDS)},
    ),
]
"""The query of GET /outcomes/{subject}."""
