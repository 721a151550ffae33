"""The request model: what a body of /predict must be, made from the declaration."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from contract import document as documents
from contract.document import (
    MAX_ERRORS,
    FieldError,
    InvalidFields,
    JsonObject,
    MalformedBody,
    RequestError,
)
from contract.feature import Feature, Value
from contract.schema import DataSetSchema

Values = list[Value]


class RequestModel:
    """Reads bodies of /predict and /predict/batch, strictly.

    Every feature must be there, once, as a JSON number (or null where the declaration says so);
    nothing else may be. A value is the number that was sent or it is refused; none is coerced.
    """

    def __init__(self, schema: DataSetSchema, *, max_instances: int = 1000) -> None:
        self._schema = schema
        self._features = {feature.name: feature for feature in schema.features}
        self._allowed = {name: f"must be {item.allowed}" for name, item in self._features.items()}
        self._integers = tuple(
            index for index, feature in enumerate(schema.features) if feature.kind == "integer"
        )
        instance = _closed_object("Instance", _fields(schema))
        length = Field(min_length=1, max_length=max_instances)
        # A type made at run time is beyond what a type checker can follow; so it is below.
        instances = Annotated[list[instance], length]  # type: ignore[valid-type]
        batch = _closed_object("Batch", {"instances": instances})
        self._one: TypeAdapter[dict[str, Value]] = TypeAdapter(instance)
        self._many: TypeAdapter[dict[str, list[dict[str, Value]]]] = TypeAdapter(batch)
        self._rows: TypeAdapter[list[dict[str, Value]]] = TypeAdapter(
            list[instance]  # type: ignore[valid-type]
        )
        self.max_instances = max_instances
        # Of one instance; a name may hold some.
        self._brackets = 1 + sum(map(_brackets, (name.encode() for name in schema.names)))

    def parse(self, body: bytes) -> Values:
        """The features' values in order, None where null.

        Raises MalformedBody or InvalidFields.
        """
        if not _has_outline(body, len(self._features), self._brackets):
            raise self._refusal(body, batch=False)
        try:
            values = list(self._one.validate_json(body).values())
        except ValidationError as error:
            raise self._refusal(body, batch=False) from error
        if self._fractional(values):
            raise self._refusal(body, batch=False)
        return values

    def parse_batch(self, body: bytes) -> list[Values]:
        """The values of each instance, in order.

        Raises MalformedBody or InvalidFields.
        """
        keys = len(self._features)
        count = body.count(b":") // keys
        if not _has_outline(body, 1 + count * keys, 2 + count * self._brackets):
            raise self._refusal(body, batch=True)
        try:
            parsed = self._many.validate_json(body)["instances"]
        except ValidationError as error:
            raise self._refusal(body, batch=True) from error
        rows = [list(instance.values()) for instance in parsed]
        if len(rows) != count or any(map(self._fractional, rows)):
            raise self._refusal(body, batch=True)
        return rows

    def check(
        self, rows: Sequence[Sequence[object]], pointer: Callable[[int, int], str]
    ) -> list[Values]:
        """Rows that another protocol carried, under the same rules.

        Each holds as many values as there are features, in their order, as `document.read` gives
        them; `pointer` tells where a value stands, by its row and its feature. Raises
        InvalidFields.
        """
        named = [dict(zip(self._features, row, strict=True)) for row in rows]
        try:
            checked = [list(row.values()) for row in self._rows.validate_python(named)]
        except ValidationError as error:
            raise self._refused_rows(rows, pointer) from error
        if any(map(self._fractional, checked)):
            raise self._refused_rows(rows, pointer)
        return checked

    def json_schema(self, *, batch: bool = False) -> dict[str, Any]:
        """JSON Schema of the body, for OpenAPI."""
        instance: dict[str, Any] = {
            "type": "object",
            "title": self._schema.title,
            "additionalProperties": False,
            "required": list(self._features),
            "properties": {name: _property(item) for name, item in self._features.items()},
            "example": self._schema.example,
        }
        if not batch:
            return instance
        return {
            "type": "object",
            "title": f"{self._schema.title}, many instances",
            "additionalProperties": False,
            "required": ["instances"],
            "properties": {
                "instances": {
                    "type": "array",
                    "items": instance,
                    "minItems": 1,
                    "maxItems": self.max_instances,
                }
            },
        }

    def _fractional(self, values: Values) -> bool:
        for index in self._integers:
            value = values[index]
            if value is not None and value % 1:
                return True
        return False

    def _refusal(self, body: bytes, *, batch: bool) -> RequestError:
        """What is wrong with a body that the fast path refused: all of it, not the first."""
        try:
            document = documents.read(body)
        except MalformedBody as error:
            return error
        found = self._batch(document) if batch else self._instance(document, "")
        return InvalidFields(list(islice(found, MAX_ERRORS)))

    def _refused_rows(
        self, rows: Sequence[Sequence[object]], pointer: Callable[[int, int], str]
    ) -> InvalidFields:
        found = (
            FieldError(pointer(row, column), "invalid", f"{name} {self._allowed[name]}")
            for row, values in enumerate(rows)
            for column, (name, feature) in enumerate(self._features.items())
            if not _accepts(feature, values[column])
        )
        return InvalidFields(list(islice(found, MAX_ERRORS)))

    def _batch(self, document: object) -> Iterator[FieldError]:
        allowed = f"must be an array of 1 to {self.max_instances:,} objects"
        if not isinstance(document, JsonObject):
            yield FieldError("", "invalid", "must be a JSON object")
            return
        yield from document.errors({"instances": allowed}, "")
        for key, value in document:
            if key != "instances":
                continue
            if not isinstance(value, list) or not 1 <= len(value) <= self.max_instances:
                yield FieldError("/instances", "invalid", allowed)
                continue
            for index, instance in enumerate(value):
                yield from self._instance(instance, f"/instances/{index}")

    def _instance(self, document: object, pointer: str) -> Iterator[FieldError]:
        if not isinstance(document, JsonObject):
            yield FieldError(pointer, "invalid", "must be a JSON object")
            return
        yield from document.errors(self._allowed, pointer)
        for key, value in document:
            feature = self._features.get(key)
            if feature and not _accepts(feature, value):
                place = f"{pointer}/{documents.printable(key)}"
                yield FieldError(place, "invalid", self._allowed[key])


def _has_outline(body: bytes, keys: int, brackets: int) -> bool:
    """Whether the body has just so many keys, and no more brackets than that.

    No key of ours holds a colon, and our values are numbers or null, so colons count keys; a key
    that was sent twice is one too many, which the parser resolves silently. And of anything that
    is nested the parser keeps a copy for each key that it misses: ten copies of a megabyte.
    """
    return body.count(b":") == keys and _brackets(body) <= brackets


def _brackets(text: bytes) -> int:
    return text.count(b"{") + text.count(b"[")


def _accepts(feature: Feature, value: object) -> bool:
    return (value is None or isinstance(value, float)) and feature.accepts(value)


def _fields(schema: DataSetSchema) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for feature in schema.features:
        # Integers are read as floats, for 45 and 45.0 are one JSON number; RequestModel refuses
        # fractions itself, since pydantic's multiple_of admits what is nearly a multiple.
        number = Annotated[
            float,
            Field(strict=True, ge=feature.minimum, le=feature.maximum, allow_inf_nan=False),
        ]
        fields[feature.name] = number | None if feature.nullable else number
    return fields


def _closed_object(name: str, fields: dict[str, Any]) -> Any:
    """The type of a JSON object with just these keys, whose names need not be identifiers."""
    make: Any = TypedDict
    closed = make(name, fields)
    closed.__pydantic_config__ = ConfigDict(extra="forbid")
    return closed


def _property(feature: Feature) -> dict[str, Any]:
    kind = "integer" if feature.kind == "integer" else "number"
    return {
        "type": [kind, "null"] if feature.nullable else kind,
        "minimum": feature.minimum,
        "maximum": feature.maximum,
        "title": feature.name,
        "description": f"{feature.description} ({feature.unit})",
    }
