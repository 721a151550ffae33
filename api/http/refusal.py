"""Answering what cannot be read as a request: as every answer, with its id and its log line."""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.envelope import Envelope
from api.http.error_form import answer
from api.http.problems import Problem


def refusing(problem: Problem) -> ASGIApp:
    """An application that answers with the problem whatever is asked."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(problem, scope, scope["state"]["request_id"])
        await response(scope, receive, send)

    return Envelope(app, guarded=False)
