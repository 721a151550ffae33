"""POST /outcomes and GET /outcomes/{subject}."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.http.body import check_media_type, read_body
from api.http.momentary import as_json
from api.http.problem_types import (
    CONFLICT,
    INVALID_FIELDS,
    INVALID_PARAMETER,
    OUTCOMES_UNAVAILABLE,
    OVERLOADED,
    ProblemType,
)
from api.http.problems import Problem
from api.http.route import HotRoute
from api.http.state import RequestState, state_of
from api.outcomes import request as requests
from api.outcomes.answers import REPORT_RESPONSES, SUBJECT_RESPONSES
from contract.case import moment as moment_of
from contract.document import MAX_ERRORS
from outcomes.connection import OutcomeConnection
from outcomes.errors import (
    ConflictingOutcomes,
    EarlyOutcomes,
    OutcomesBusy,
    OutcomesUnavailable,
)
from outcomes.rules import ReportRules
from outcomes.store import Answer, known_of, store

OUTCOMES = "/outcomes"
SUBJECT = "/outcomes/{subject:path}"
KINDS = ("prediction", "reference")

Result = TypeVar("Result")

_LEEWAY = timedelta(minutes=5)
_CONFLICT = "is known with another content: a correction has a key of its own and a later revision"
_EARLY = "is before the event of every prediction that the report speaks of"


async def report(request: Request) -> Response:
    """Keep what is reported, all or nothing; answered when it is committed."""
    state = state_of(request)
    sent, settings = state["headers"], state["settings"]
    key_name = state["keys"].caller(sent)
    check_media_type(sent)
    gate, held = state["outcomes_gate"], 0

    def hold(size: int) -> None:
        nonlocal held
        gate.hold(size)
        held += size

    _admit(state)
    gate.enter()
    try:
        declared = sent.get(b"content-length", b"")
        body = await read_body(request, declared, settings, hold, limit=settings.max_outcomes_bytes)
        work = partial(_store, body, settings.max_outcomes, key_name)
        answers = await _ask(state, work)
    finally:
        gate.leave(held)
    return Response(orjson.dumps({"outcomes": answers}), media_type="application/json")


async def show(request: Request) -> Response:
    """What is known of a prediction or a case, or was known at a time."""
    state = state_of(request)
    state["keys"].caller(state["headers"])
    query = request.query_params
    kind, as_of = query.get("kind"), query.get("as_of")
    if kind is not None and kind not in KINDS:
        raise _invalid("query:kind", f"kind must be {' or '.join(KINDS)}")
    subject = requests.subject(request.path_params["subject"], kind)
    if subject is None:
        raise _invalid(
            "path:subject", "the subject must be a prediction_id, or a reference as it was sent"
        )
    moment = None if as_of is None else moment_of(as_of)
    if as_of is not None and (moment is None or moment > datetime.now(UTC) + _LEEWAY):
        raise _invalid(
            "query:as_of", "as_of must be a past time of RFC 3339 with its offset; + is written %2B"
        )
    known = await _ask(state, lambda connection: known_of(connection, subject, moment))
    return as_json(
        {
            "prediction_id": subject.prediction_id,
            "reference": subject.reference,
            "as_of": known.as_of.isoformat(),
            "predictions": known.predictions,
            "reports": known.reports,
        }
    )


def _store(
    body: bytes, most: int, key_name: str | None, connection: OutcomeConnection
) -> list[Answer]:
    # In this thread as well, of which there are few: a body takes ten times its size to be read.
    reports = requests.parse(body, ReportRules(datetime.now(UTC)), most)
    return store(connection, reports, key_name)


def _admit(state: RequestState) -> None:
    try:
        state["outcomes"].admit()
    except (OutcomesUnavailable, OutcomesBusy) as error:
        raise _not_now(error) from error


async def _ask(state: RequestState, call: Callable[[OutcomeConnection], Result]) -> Result:
    try:
        return await state["outcomes"].ask(call)
    except (OutcomesUnavailable, OutcomesBusy) as error:
        raise _not_now(error) from error
    except EarlyOutcomes as error:
        raise _offences(INVALID_FIELDS, error.places, "observed_at", "invalid", _EARLY) from error
    except ConflictingOutcomes as error:
        raise _offences(CONFLICT, error.places, "event_key", "conflict", _CONFLICT) from error


def _not_now(error: OutcomesUnavailable | OutcomesBusy) -> Problem:
    headers = {"Retry-After": "2"}
    if isinstance(error, OutcomesBusy):
        return Problem(OVERLOADED, "the service is busy with other outcomes; ask again", headers)
    # The reason names hosts: that is for the operator, in the log.
    return Problem(OUTCOMES_UNAVAILABLE, "outcomes cannot be reached now; ask again", headers)


def _offences(
    kind: ProblemType, places: tuple[int, ...], field: str, rule: str, detail: str
) -> Problem:
    pointers = [f"/{requests.MEMBER}/{place}/{field}" for place in places[:MAX_ERRORS]]
    count = len(places)
    return Problem(
        kind,
        f"{count} {'report' if count == 1 else 'reports'} cannot be kept; nothing was stored",
        members={
            "errors": [{"pointer": pointer, "rule": rule, "detail": detail} for pointer in pointers]
        },
        rules=[(pointer, rule) for pointer in pointers],
    )


def _invalid(place: str, detail: str) -> Problem:
    return Problem(INVALID_PARAMETER, detail, rules=[(place, INVALID_PARAMETER.name)])


ROUTES = [
    HotRoute(OUTCOMES, report, summary="Report outcomes", responses=REPORT_RESPONSES),
    HotRoute(
        SUBJECT,
        show,
        methods=["GET"],
        summary="Ask what is known of a prediction or a case",
        responses=SUBJECT_RESPONSES,
    ),
]
