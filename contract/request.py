"""The request model: what a body of /predict must be, made from the declaration."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from contract import document as documents
from contract.case import Case, case_of, errors
from contract.document import MAX_ERRORS, FieldError, InvalidFields, JsonObject
from contract.feature import Feature, Value, is_storable
from contract.schema import DataSetSchema

Values = list[Value]

# A parser keeps some 300 bytes for each array. A text may hold brackets as well; a body with more
# of them than this is read carefully at once.
_BRACKETS_IN_TEXTS = 10_000
_FRAME_QUOTES = '"instances"'.count('"')
_REFUSED = -1

CONTEXT = "context"
"""What a batch says of its instances' cases, beside them."""
_CONTEXT_KEY = f'"{CONTEXT}"'.encode()


class RequestModel:
    """Reads bodies of /predict and /predict/batch, strictly.

    Every feature must be there, once, as a JSON value of its kind (or null where the declaration
    says so); nothing else may be. A value is what was sent or it is refused; none is coerced.

    A body is read quickly, by a parser that overlooks keys that it does not know and those that
    were sent before. What it made accounts for so many quotation marks, two for each key and text;
    a body with as many holds nothing else. Every other one is read again, carefully.
    """

    def __init__(self, schema: DataSetSchema, *, max_instances: int = 1000) -> None:
        self._features = {feature.name: feature for feature in schema.features}
        self._allowed = {name: f"must be {item.allowed}" for name, item in self._features.items()}
        self._integers = tuple(
            index for index, feature in enumerate(schema.features) if feature.kind == "integer"
        )
        self._takes = {
            item.name: _text_rule(item) for item in schema.features if item.kind == "category"
        }
        self._texts = tuple(
            (index, self._takes[name])
            for index, name in enumerate(self._features)
            if name in self._takes
        )
        instance = _object("Instance", _fields(schema))
        length = Field(min_length=1, max_length=max_instances)
        # A type made at run time is beyond what a type checker can follow; so it is below.
        instances = Annotated[list[instance], length]  # type: ignore[valid-type]
        batch = _object("Batch", {"instances": instances})
        self._one: TypeAdapter[dict[str, Value]] = TypeAdapter(instance)
        self._many: TypeAdapter[dict[str, list[dict[str, Value]]]] = TypeAdapter(batch)
        self._rows: TypeAdapter[list[dict[str, Value]]] = TypeAdapter(
            list[instance]  # type: ignore[valid-type]
        )
        self.schema = schema
        self.max_instances = max_instances
        # Of one instance's own and its keys; those of texts are not among them.
        self._brackets = 1 + sum(map(_brackets, (name.encode() for name in schema.names)))
        self._quotes = sum(2 + name.count('"') for name in schema.names)
        self._quotable = bool(self._texts) or self._quotes > 2 * len(self._features)
        self._spare_brackets = _BRACKETS_IN_TEXTS if self._texts else 0

    def parse(self, body: bytes) -> Values:
        """The features' values in order, None where null.

        Raises MalformedBody or InvalidFields.
        """
        if _brackets(body) > self._brackets + self._spare_brackets:
            return self._carefully(body, batch=False)[0]
        try:
            values = list(self._one.validate_json(body).values())
        except ValidationError:
            return self._carefully(body, batch=False)[0]
        if not self._is_all(body, self._quotes_for(values)):
            return self._carefully(body, batch=False)[0]
        return values

    def parse_batch(self, body: bytes) -> list[Values]:
        """The values of each instance, in order.

        Raises MalformedBody or InvalidFields.
        """
        most = min(body.count(b'"') // (2 * len(self._features)), self.max_instances)
        if _brackets(body) > 2 + most * self._brackets + self._spare_brackets:
            return self._carefully(body, batch=True)
        try:
            parsed = self._many.validate_json(body).get("instances", ())
        except ValidationError:
            return self._carefully(body, batch=True)
        rows = [list(instance.values()) for instance in parsed]
        quotes = list(map(self._quotes_for, rows))
        # Of no rows the quotation marks are another key's.
        if not rows or _REFUSED in quotes or not self._is_all(body, _FRAME_QUOTES + sum(quotes)):
            return self._carefully(body, batch=True)
        return rows

    def parse_cases(self, body: bytes) -> tuple[list[Values], list[Case]]:
        """The values of each instance, in order, and what is said of each; of none: no cases.

        Raises MalformedBody or InvalidFields.
        """
        # A key may be written by its characters' numbers.
        if _CONTEXT_KEY not in body and b"\\u" not in body:
            return self.parse_batch(body), []
        document = documents.read(body)
        if errors := list(islice(self._batch(document, cases=True), MAX_ERRORS)):
            raise InvalidFields(errors)
        return self._values(document, batch=True), list(
            map(case_of, dict(document).get(CONTEXT, ()))
        )

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
        if _REFUSED in map(self._quotes_for, checked):
            raise self._refused_rows(rows, pointer)
        return checked

    def _quotes_for(self, values: Values) -> int:
        """How many quotation marks an instance with these values holds where it holds no others.

        _REFUSED where a value is missing, or is not what its feature may be.
        """
        if len(values) < len(self._features):
            return _REFUSED
        for index in self._integers:
            value = values[index]
            if value is not None and value % 1:
                return _REFUSED
        quotes = self._quotes
        for index, takes in self._texts:
            text: Any = values[index]
            if text is not None:
                if not takes(text):
                    return _REFUSED
                quotes += 2 + text.count('"')
        return quotes

    def _is_all(self, body: bytes, quotes: int) -> bool:
        """Whether a body holds no key and no text beside those that `quotes` are of.

        Each of these would add two quotation marks. Within a text or a name one is written as
        itself behind a backslash, which is counted, or by its number, which is not.
        """
        written = not self._quotable or b"\\u0022" not in body
        return written and body.count(b'"') == quotes

    def _carefully(self, body: bytes, *, batch: bool) -> list[Values]:
        """The rows of any body; raises for all that is wrong with it, not for the first."""
        document = documents.read(body)
        found = self._batch(document) if batch else self._instance(document, "")
        if errors := list(islice(found, MAX_ERRORS)):
            raise InvalidFields(errors)
        return self._values(document, batch=batch)

    def _values(self, document: Any, *, batch: bool) -> list[Values]:
        """The rows of a document of which nothing is wrong."""
        instances = dict(document)["instances"] if batch else [document]
        return [[members[name] for name in self._features] for members in map(dict, instances)]

    def _refused_rows(
        self, rows: Sequence[Sequence[object]], pointer: Callable[[int, int], str]
    ) -> InvalidFields:
        found = (
            FieldError(pointer(row, column), "invalid", f"{name} {self._allowed[name]}")
            for row, values in enumerate(rows)
            for column, (name, feature) in enumerate(self._features.items())
            if not self._accepts(feature, values[column])
        )
        return InvalidFields(list(islice(found, MAX_ERRORS)))

    def _batch(self, document: object, *, cases: bool = False) -> Iterator[FieldError]:
        allowed = f"must be an array of 1 to {self.max_instances:,} objects"
        if not isinstance(document, JsonObject):
            yield FieldError("", "invalid", "must be a JSON object")
            return
        optional = frozenset({CONTEXT}) if cases else frozenset()
        yield from document.errors({"instances": allowed}, "", optional=optional)
        if cases:
            yield from _case_errors(dict(document))
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
            if feature and not self._accepts(feature, value):
                place = f"{pointer}/{documents.escaped(key)}"
                yield FieldError(place, "invalid", self._allowed[key])

    def _accepts(self, feature: Feature, value: object) -> bool:
        if isinstance(value, str):
            takes = self._takes.get(feature.name)
            return takes is not None and takes(value)
        return isinstance(value, float | bool | None) and feature.accepts(value)


def _case_errors(document: dict[str, Any]) -> Iterator[FieldError]:
    if CONTEXT not in document:
        return
    sent, instances = document[CONTEXT], document.get("instances")
    if not isinstance(sent, list) or not isinstance(instances, list) or len(sent) != len(instances):
        yield FieldError(f"/{CONTEXT}", "invalid", "must be an array, with one for each instance")
        return
    for index, one in enumerate(sent):
        yield from errors(one, f"/{CONTEXT}/{index}")


def _brackets(text: bytes) -> int:
    return text.count(b"{") + text.count(b"[")


def _text_rule(feature: Feature) -> Callable[[str], bool]:
    """Whether a category may be a text; in the same time however many levels there are."""
    levels = frozenset(feature.levels)
    if feature.unknown == "refuse":
        return levels.__contains__
    return lambda text: text in levels or is_storable(text)


def _fields(schema: DataSetSchema) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for feature in schema.features:
        kind = _type(feature)
        fields[feature.name] = kind | None if feature.nullable else kind
    return fields


def _type(feature: Feature) -> Any:
    if feature.kind == "boolean":
        return Annotated[bool, Field(strict=True)]
    if feature.kind == "category":
        # Its rule is our own: pydantic's error would hold all the levels, for each text.
        return Annotated[str, Field(strict=True)]
    # Integers are read as floats, for 45 and 45.0 are one JSON number; RequestModel refuses
    # fractions itself, since pydantic's multiple_of admits what is nearly a multiple.
    return Annotated[
        float,
        Field(strict=True, ge=feature.minimum, le=feature.maximum, allow_inf_nan=False),
    ]


def _object(name: str, fields: dict[str, Any]) -> Any:
    """The type of a JSON object with these keys, whose names need not be identifiers.

    Of a key that is missing or unknown the parser would keep an error, with a copy of the object:
    a hundred times the body. So it lets them be, and what it found is counted.
    """
    make: Any = TypedDict
    made = make(name, fields, total=False)
    made.__pydantic_config__ = ConfigDict(extra="ignore")
    return made
