"""JSON Schema of what the request model reads, for OpenAPI."""

from typing import Any

from contract.case import MAX_REFERENCE, MOMENT
from contract.feature import MAX_TEXT, Feature
from contract.request import CONTEXT, RequestModel


def json_schema(model: RequestModel, *, batch: bool = False) -> dict[str, Any]:
    """Of a body of /predict, or of /predict/batch."""
    schema = model.schema
    instance: dict[str, Any] = {
        "type": "object",
        "title": schema.title,
        "additionalProperties": False,
        "required": list(schema.names),
        "properties": {feature.name: _property(feature) for feature in schema.features},
        "example": schema.example,
    }
    if not batch:
        return instance
    return {
        "type": "object",
        "title": f"{schema.title}, many instances",
        "additionalProperties": False,
        "required": ["instances"],
        "properties": {
            "instances": {
                "type": "array",
                "items": instance,
                "minItems": 1,
                "maxItems": model.max_instances,
            },
            CONTEXT: {
                "type": "array",
                "description": "What is known of each instance's case, one for each in"
                " their order; what one leaves out is as the headers say",
                "items": _CASE,
                "maxItems": model.max_instances,
            },
        },
    }


# RFC 3339 allows small letters and a blank as well, JSON Schema's format does not.
_TIME = {
    "type": ["string", "null"],
    "format": "date-time",
    "pattern": MOMENT.replace("[Tt ]", "T").replace("[Zz]", "Z"),
}
_CASE = {
    "type": "object",
    "title": "Case",
    "additionalProperties": False,
    "properties": {
        "reference": {
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": MAX_REFERENCE,
            "description": "Your own name for the case: outcomes may be told by it",
        },
        "event_time": {**_TIME, "description": "Business time"},
        "outcome_due": {**_TIME, "description": "When its outcome is due"},
    },
}


def _property(feature: Feature) -> dict[str, Any]:
    kind, rules = _rules(feature)
    unit = f" ({feature.unit})" if feature.unit else ""
    return {
        "type": [kind, "null"] if feature.nullable else kind,
        **rules,
        "title": feature.name,
        "description": feature.description + unit,
    }


def _rules(feature: Feature) -> tuple[str, dict[str, Any]]:
    """The type in JSON Schema, and what else bounds a value."""
    if feature.is_numeric:
        kind = "integer" if feature.kind == "integer" else "number"
        return kind, {"minimum": feature.minimum, "maximum": feature.maximum}
    if feature.kind == "boolean":
        return "boolean", {}
    if feature.unknown == "missing":
        return "string", {"minLength": 1, "maxLength": MAX_TEXT}
    levels: list[str | None] = list(feature.levels)
    # Where there is an enum, null is allowed by its being there as well as by the type.
    return "string", {"enum": [*levels, None] if feature.nullable else levels}
