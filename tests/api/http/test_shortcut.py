"""A hot route is called at once, and answers as if it had been found by the router."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from api.http.error_form import ErrorForms
from api.http.problem_types import OVERLOADED
from api.http.problems import Problem
from api.http.route import HotRoute
from api.http.shortcut import Shortcut

PROBLEM = Problem(OVERLOADED, "ask again")


async def good(request: Request) -> Response:
    return Response(f"{request.method} {request.scope['route'].path}")


async def bad(_: Request) -> Response:
    raise PROBLEM


async def ordinary(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("by the router")(scope, receive, send)


def asked(method: str, path: str, **scope: Any) -> tuple[int, bytes]:
    """Status and body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    app = Shortcut(ordinary, [HotRoute("/good", good), HotRoute("/bad", bad)])
    whole: Scope = {"type": "http", "method": method, "path": path, "headers": [], **scope}
    asyncio.run(app(whole, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize(
    ("method", "path", "root", "answer"),
    [
        ("POST", "/good", "", b"POST /good"),
        ("POST", "/credit/good", "/credit", b"POST /good"),
        ("GET", "/good", "", b"by the router"),
        ("POST", "/good/", "", b"by the router"),
        ("POST", "/other/good", "/credit", b"by the router"),
    ],
)
def test_what_is_called_by_its_exact_path(method: str, path: str, root: str, answer: bytes) -> None:
    assert asked(method, path, root_path=root) == (200, answer)


def test_an_error_is_answered_and_remembers_no_request() -> None:
    """One error may end many requests: what each adds to it would stay in memory."""
    state = {"error_forms": ErrorForms({}), "request_id": "r"}

    status, body = asked("POST", "/bad", state=state)

    assert status == 503
    assert b"ask again" in body
    assert PROBLEM.__traceback__ is None
