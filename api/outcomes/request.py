"""The body of a request with reports, read strictly; and what a question asks about."""

import re
from collections.abc import Iterator
from itertools import islice

from contract import document as documents
from contract.document import MAX_ERRORS, FieldError, InvalidFields, JsonObject
from outcomes.errors import InvalidReport
from outcomes.report import Report
from outcomes.rules import FIELDS, ID, MAX_KEY, REQUIRED, ReportRules
from outcomes.store import Subject

MEMBER = "outcomes"

_REQUIRED = {name: f"must be {allowed}" for name, allowed in REQUIRED.items()}
_OPTIONAL = frozenset(FIELDS) - frozenset(REQUIRED)
_ID = re.compile(ID[:-1] + r"\Z")


def parse(body: bytes, rules: ReportRules, most: int) -> list[Report]:
    """The reports, in their order; raises MalformedBody, or InvalidFields with all that is wrong.

    It takes time in proportion to the body's length.
    """
    document = documents.read(body)
    reports: list[Report] = []
    errors = list(islice(_errors(document, rules, most, reports), MAX_ERRORS))
    if errors:
        raise InvalidFields(errors)
    return reports


def _errors(
    document: object, rules: ReportRules, most: int, reports: list[Report]
) -> Iterator[FieldError]:
    allowed = f"must be an array of 1 to {most:,} objects"
    if not isinstance(document, JsonObject):
        yield FieldError("", "invalid", "must be a JSON object")
        return
    yield from document.errors({MEMBER: allowed}, "")
    for key, sent in document:
        if key != MEMBER:
            continue
        if not isinstance(sent, list) or not 1 <= len(sent) <= most:
            yield FieldError(f"/{MEMBER}", "invalid", allowed)
            continue
        for place, one in enumerate(sent):
            yield from _errors_of(one, rules, f"/{MEMBER}/{place}", reports)


def _errors_of(
    sent: object, rules: ReportRules, pointer: str, reports: list[Report]
) -> Iterator[FieldError]:
    if not isinstance(sent, JsonObject):
        yield FieldError(pointer, "invalid", "must be a JSON object")
        return
    fields = dict(sent)
    if len(fields) < len(sent) or not fields.keys() <= FIELDS.keys():
        # Those that are missing are told by the rules.
        given = {name: text for name, text in _REQUIRED.items() if name in fields}
        yield from sent.errors(given, pointer, optional=_OPTIONAL)
        fields = {name: value for name, value in fields.items() if name in FIELDS}
    try:
        reports.append(rules.read(fields))
    except InvalidReport as refusal:
        for error in refusal.errors:
            yield FieldError(pointer + error.pointer, error.rule, error.detail)


def subject(text: str, kind: str | None) -> Subject | None:
    """What is asked about; None where it can be no subject.

    A UUID of version 7 is a prediction's, unless `kind` says that it is a reference.
    """
    if kind != "reference" and _ID.match(text):
        return Subject(text.lower(), None)
    if kind == "prediction" or not 0 < len(text) <= MAX_KEY or not text.isprintable():
        return None
    return Subject(None, text)
