"""From a request's body to rows in the log and an answer: what every protocol shares."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.http import headers
from api.http.body import check_media_type, read_body
from api.http.state import RequestState, state_of
from api.telemetry.request import Timing
from contract.case import Case
from contract.request import Values
from contract.scoring import decide
from db.log import Context, Stamp

# A larger body would hold up the other requests (about 50 instances: half a millisecond).
_INLINE_BYTES = 16_384


class Said(NamedTuple):
    """What the headers of a request say of its rows; times are ISO 8601 in UTC."""

    reference: str | None
    event_time: str | None
    outcome_due: str | None
    trace_id: str | None


class Call(NamedTuple):
    """A request for predictions."""

    state: RequestState
    route: str
    api_key_name: str | None

    def said(self) -> Said:
        """What its headers say; raises Problem where one breaks its rule."""
        sent = self.state["headers"]
        return Said(
            headers.client_reference(sent),
            headers.event_time(sent),
            headers.outcome_due(sent),
            headers.trace_id(sent),
        )

    def context(self, said: Said, own: Case | None = None) -> Context:
        """What the log keeps with a row; what its own case says goes before the headers."""
        model = self.state["model"]
        reference, event_time, outcome_due, trace_id = said
        if own is not None:
            reference = own.reference or reference
            event_time = own.event_time or event_time
            outcome_due = own.outcome_due or outcome_due
        # Not by name, which takes a quarter longer on the way of each request.
        return Context(
            self.state["request_id"],
            self.route,
            model.version,
            model.schema.id,
            model.threshold,
            reference,
            event_time,
            trace_id,
            self.api_key_name,
            outcome_due,
        )


class Scored(NamedTuple):
    """A request that is ready to be logged and then answered."""

    lines: bytes
    rows: int
    answer: bytes


class Result(NamedTuple):
    """What is answered of one row."""

    prediction_id: str
    prediction: int
    probability: float
    predicted_at: str


Compute = Callable[[Call, bytes], Scored]
Check = Callable[[headers.Headers], None]


async def serve(
    request: Request,
    route: str,
    compute: Compute,
    check: Check = check_media_type,
    inline_bytes: int = _INLINE_BYTES,
) -> Response:
    """Read the body, score it, log it, and only then answer it.

    `check` looks at the headers, once it is known who calls; it raises Problem. A body of more
    than `inline_bytes` is computed in a thread.
    """
    state = state_of(request)
    log, gate, sent = state["log"], state["gate"], state["headers"]
    call = Call(state, route, state["keys"].caller(sent))
    log.admit(1)
    check(sent)
    gate.enter()
    held = 0

    def hold(size: int) -> None:
        nonlocal held
        gate.hold(size)
        held += size

    try:
        declared = sent.get(b"content-length", b"")
        body = await read_body(request, declared, state["settings"], hold)
        if len(body) <= inline_bytes:
            scored = compute(call, body)
        else:
            scored = await _apart(request, compute, call, body)
        # Counted here, for `score` may run in a thread of its own.
        began, ended, instances = state["timing"]
        state["metrics"].observe_scoring(route, ended - began, instances)
        await log.append(scored.lines, scored.rows)
    finally:
        gate.leave(held)
    return Response(scored.answer, media_type="application/json")


async def _apart(request: Request, compute: Compute, call: Call, body: bytes) -> Scored:
    """Compute it in a thread once there is one, unless the client has gone by then."""
    async with call.state["scoring"]:
        if await request.is_disconnected():
            raise ClientDisconnect
        return await to_thread.run_sync(compute, call, body)


def score(
    state: RequestState, context: Context | Sequence[Context], rows: Sequence[Values]
) -> tuple[bytes, list[Result]]:
    """Score the rows: their lines for the log, and what is answered of each.

    `context` is what they share, or that of each.

    Raises LogUnavailable where so many rows cannot be logged.
    """
    if len(rows) > 1:
        state["log"].admit(len(rows))
    model = state["model"]
    encode, threshold = model.row_format.encode, model.threshold
    began = time.perf_counter()
    probabilities = model.score(rows)
    ended = time.perf_counter()
    state["timing"] = Timing(began, ended, len(rows))
    duration = (ended - state["started"]) * 1000
    lines, results = [], []
    shared = context if isinstance(context, Context) else None
    for index, (values, probability) in enumerate(zip(rows, probabilities, strict=True)):
        stamp, prediction = Stamp.now(), decide(probability, threshold)
        lines.append(
            encode(
                shared or context[index],  # type: ignore[index]
                stamp,
                values,
                probability,
                prediction,
                duration_ms=duration,
                instance_index=index,
                batch_size=len(rows),
            )
        )
        results.append(Result(stamp.prediction_id, prediction, probability, stamp.predicted_at))
    return b"".join(lines), results
