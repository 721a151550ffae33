"""Answering what cannot be read as a request: as every answer, with its id and its log line."""

from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.envelope import Envelope
from api.http.problems import Problem
from api.http.state import RequestState


def refusing(problem: Problem) -> ASGIApp:
    """An application that answers with the problem whatever is asked."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        state = cast("RequestState", scope["state"])
        response = state["error_forms"].answer(problem, scope, state["request_id"])
        await response(scope, receive, send)

    return Envelope(app, guarded=False)
