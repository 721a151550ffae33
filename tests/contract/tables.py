"""Declarations with features of every kind."""

from typing import Any

from contract.feature import Feature
from contract.schema import DataSetSchema, Target


def number(name: str = "amount", **changes: Any) -> Feature:
    given: dict[str, Any] = {
        "name": name,
        "kind": "float",
        "nullable": True,
        "minimum": 0,
        "maximum": 1000,
        "unit": "EUR",
        "description": "An amount",
        "example": 5.5,
    }
    return Feature(**given | changes)


def flag(name: str = "returning", **changes: Any) -> Feature:
    given: dict[str, Any] = {
        "name": name,
        "kind": "boolean",
        "nullable": True,
        "description": "A flag",
        "example": True,
    }
    return Feature(**given | changes)


def category(name: str = "channel", **changes: Any) -> Feature:
    given: dict[str, Any] = {
        "name": name,
        "kind": "category",
        "nullable": True,
        "description": "A category",
        "example": "web",
        "levels": ("web", "branch", "Straße: 漢字 {x} \"y\" \\ 'z'"),
    }
    return Feature(**given | changes)


def table(*features: Feature, key: str = "loans", version: int = 1) -> DataSetSchema:
    made = features or (number(), number("months", kind="integer", example=3), flag(), category())
    return DataSetSchema(key, version, "Loans", made, Target("bad", "It went bad"))
