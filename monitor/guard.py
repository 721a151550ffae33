"""Who may see the page, by which name it is called, and what a browser may do with an answer."""

import logging
import re
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.keys import Keys
from monitor.problems import answer, wants_page
from monitor.sessions import Sessions

COOKIE = "monitor_session"
PROBES = frozenset({"/livez", "/readyz"})
"""What tells only whether the service is well: it needs neither a name nor a key."""
SIGN_IN = frozenset({"/sign-in", "/sign-in.css"})

# No page of another site can have these names (DNS rebinding).
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""What a browser may do with whatever we answer (Content Security Policy, Level 3)."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    # Other sites learn nothing of our addresses; but with `no-referrer` a browser would say of our
    # own form, too, that it comes from nowhere (Origin: null), and without TLS it says no more.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# What a person of one key saw is not for the next one at the same browser or proxy.
_PRIVATE = {"Cache-Control": "no-store"}
_AGAIN = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Opening the page</title>'
    '<meta http-equiv="refresh" content="0"><p>Opening the page.</p></html>'
)

logger = logging.getLogger("monitor")


class Guard:
    """Stands before everything that the service answers.

    Without keys it answers to the names of the machine itself only, for a page of another site
    can give its own name this machine's address, and read what we answer. With keys the cookie of
    a session is bound to our name, and a key is sent by whoever has it.
    """

    def __init__(self, app: ASGIApp, keys: Keys, sessions: Sessions) -> None:
        self._app = app
        self._keys = keys
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer; a name of whoever asks is left as `request.state.visitor`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in (_HEADERS | (_PRIVATE if self._keys else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        refusal = self._refusal(request)
        try:
            await (refusal or self._app)(scope, receive, guarded)
        except Exception:
            logger.exception("an answer failed")
            if started:
                raise
            failure = answer(request, 500, "the monitor failed: its log has the place")
            await failure(scope, receive, guarded)

    def _refusal(self, request: Request) -> Response | None:
        """The answer to what must not go on; None where it may."""
        request.state.visitor = None
        path = request.url.path
        if path in PROBES:
            return None
        if not self._keys and not _LOOPBACK.fullmatch(request.headers.get("host", "")):
            return answer(
                request,
                421,
                "without MONITOR_KEYS the page is shown under this machine's own names only:"
                " localhost, 127.0.0.1, [::1]",
            )
        if request.method not in _SAFE_METHODS and not _same_origin(request):
            return answer(request, 403, "a page of another site asks: ask from the page itself")
        if not self._keys or path in SIGN_IN:
            return None
        request.state.visitor = self._visitor(request)
        return None if request.state.visitor else self._unauthorized(request)

    def _visitor(self, request: Request) -> str | None:
        """Name of the key that was sent, or that the session was opened with."""
        bearer = _BEARER.fullmatch(request.headers.get("authorization", ""))
        sent = [bearer[1]] if bearer else []
        # Beside a gateway's own Authorization, too.
        sent += request.headers.getlist("x-api-key")
        if sent:
            return self._keys.name_of(key.encode() for key in sent)
        token = request.cookies.get(COOKIE)
        return self._sessions.name_of(token) if token else None

    def _unauthorized(self, request: Request) -> Response:
        if not wants_page(request) or request.method not in _SAFE_METHODS:
            keys = {"authorization", "x-api-key"} & set(request.headers)
            sent = ', error="invalid_token"' if keys else ""
            headers = {"WWW-Authenticate": f'Bearer realm="monitor"{sent}'}
            detail = (
                "send your key as Authorization: Bearer KEY, or X-API-Key: KEY, or sign in at"
                " /sign-in"
            )
            return answer(request, 401, detail, headers)
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            # A link in a colleague's message: the cookie is strict, and comes with a request that
            # our own page begins.
            return HTMLResponse(_AGAIN)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)


def _same_origin(request: Request) -> bool:
    """What the browser says of the page that asks; programs say nothing, and send no cookie."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    _, _, authority = origin.partition("://")
    return authority.lower() == request.headers.get("host", "").lower()
