"""From the envelope straight to a hot route, past the frameworks' layers."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http import errors
from api.http.route import HotRoute


class Shortcut:
    """Pure ASGI: calls a route's endpoint by its exact path, and answers errors as ever.

    Finding the route one by one, and layers for exceptions and exit stacks that these endpoints do
    not use, cost a tenth of a request. Everything else goes on, as another method of the same path.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[HotRoute]) -> None:
        self._app = app
        self._routes = {
            (method, route.path): route for route in routes for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = None
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            route = self._routes.get((scope["method"], path))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        request = Request(scope, receive, send)
        try:
            response = await route.endpoint(request)
        except errors.HANDLED as error:
            response = await errors.handle(request, error)
            # One error may end many requests: each would add to its traceback.
            error.__traceback__ = None
        await response(scope, receive, send)
