"""Routes that FastAPI serves in its own way, with dependencies."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class Route(APIRoute):
    """A route without cookies.

    Nothing here uses them, but FastAPI parses them for every route of its own, and for that Python
    before 3.11.10 and 3.12.6 takes time by the square of their length: 9 s for 64 KiB.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of a request, which sees all headers but those."""
        handle = super().get_route_handler()

        async def handle_without(request: Request) -> Response:
            headers = [header for header in request.scope["headers"] if header[0] != b"cookie"]
            return await handle(Request({**request.scope, "headers": headers}, request.receive))

        return handle_without
