"""What surrounds every request: its id, its line in the log, an answer whatever goes wrong."""

import logging
import time
from typing import TYPE_CHECKING, cast

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import headers
from api.http.problem_types import INTERNAL_ERROR
from api.http.problems import Problem
from api.http.state import RequestState
from api.telemetry.request import CLIENT_GONE, NO_ROUTE

if TYPE_CHECKING:
    from api.telemetry.request_span import RequestSpan

logger = logging.getLogger("api")


class Envelope:
    """Pure ASGI: one dictionary and one closure a request."""

    def __init__(self, app: ASGIApp, *, guarded: bool = True) -> None:
        self._app = app
        self._guarded = guarded
        """Whether the headers are looked at; not where it is known that they are wrong."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, _without_traceback(send))
            return
        tracing = scope["state"]["tracing"]
        if tracing is None:
            await self._request(scope, receive, send)
        else:
            await self._traced(tracing.begin(scope), scope, receive, send)

    async def _traced(
        self, span: "RequestSpan", scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve it within its span."""
        state = cast("RequestState", scope["state"])
        state["log"] = span.log(state["log"])
        try:
            scope = {**scope, "headers": span.headers()}
            span.answered(*await self._request(scope, receive, send))
        except BaseException as error:
            span.failed(error)
            raise
        finally:
            span.end(state["request_id"], state["model"].version, state.get("timing"))

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> tuple[str, int]:
        """Serve it; the route's template and the status."""
        started = time.perf_counter()
        state = cast("RequestState", scope["state"])
        state["started"] = started
        state["model"] = state["serving"].model
        state["headers"] = sent = dict(scope["headers"])
        state["request_id"] = request_id = headers.request_id(sent)
        method, status = scope["method"], 0
        if method == "HEAD":
            # As GET; the server leaves the body out, for it still knows the method.
            scope = {**scope, "method": "GET"}

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode("ascii")))
            await send(message)

        try:
            if self._guarded:
                state["guard"].check(scope["headers"], sent, method, scope["http_version"])
            await self._app(scope, receive, send_with_id)
        except Problem as problem:
            # Of the guard: the application handles its own.
            response = state["error_forms"].answer(problem, scope, request_id)
            await response(scope, receive, send_with_id)
        except ClientDisconnect:
            # There is nobody left to answer.
            status = status or CLIENT_GONE
        except Exception:
            if status:
                raise  # a part is sent: only the connection can be broken off
            logger.exception("the request failed", extra={"fields": {"request_id": request_id}})
            detail = "an unexpected error; the request_id finds it in the service's log"
            unforeseen = Problem(INTERNAL_ERROR, detail)
            response = state["error_forms"].answer(unforeseen, scope, request_id)
            await response(scope, receive, send_with_id)
        finally:
            matched = scope.get("route")
            route = matched.path if matched else NO_ROUTE
            status = status or CLIENT_GONE
            duration = time.perf_counter() - started
            state["metrics"].observe(route, status, duration)
            state["access_log"].write(
                request_id=request_id,
                method=method,
                route=route,
                status=status,
                duration=duration,
                model_version=state["model"].version,
            )
        return route, status


def _without_traceback(send: Send) -> Send:
    """For lifespan: it has logged its failure in one line, and the server would add a traceback."""

    async def send_short(message: Message) -> None:
        if message["type"] in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
            message = {**message, "message": ""}
        await send(message)

    return send_short
