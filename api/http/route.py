"""Routes: those that FastAPI serves in its own way, and those that call their endpoint directly."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


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


class HotRoute(APIRoute):
    """A route that is in the OpenAPI page like any other, but calls its endpoint directly.

    It wants a key, where keys are wanted. FastAPI's own way to the endpoint (dependencies, two exit
    stacks, response models) costs 17 microseconds a request, a third of what scoring does, and
    these endpoints use none of it.
    """

    def __init__(
        self, path: str, endpoint: Any, methods: Sequence[str] = ("POST",), **options: Any
    ) -> None:
        super().__init__(path, endpoint, methods=list(methods), **options)

        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = call
