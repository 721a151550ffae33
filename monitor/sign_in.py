"""The form that takes a key and begins a session."""

import logging
import re
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from contract.keys import Keys
from monitor.guard import COOKIE
from monitor.problems import answer
from monitor.sessions import SECONDS, Sessions

_HERE = Path(__file__).parent
_STYLE = (_HERE / "sign_in.css").read_text("utf-8")
_PAGE = (_HERE / "sign_in.html").read_text("utf-8")
_WRONG = '<p id="wrong" role="alert">This key is not accepted. Copy it again, as a whole.</p>'
_MOST_BYTES = 4096

logger = logging.getLogger("monitor")


def routes(keys: Keys, sessions: Sessions) -> APIRouter:
    """The form, what it posts to, and the way out."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in.css")
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css")

    @router.get("/sign-in")
    async def form(next: str = "/") -> Response:  # noqa: A002 -- the parameter's name
        return HTMLResponse(_form(next)) if keys else RedirectResponse("/", 303)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        sent = await _sent(request)
        if sent is None:
            return answer(request, 413, f"a key has less than {_MOST_BYTES} bytes")
        wanted, key = sent
        name = keys.name_of([key.encode(errors="replace")])
        if name is None:
            logger.warning("a key was not accepted")
            return HTMLResponse(_form(wanted, _WRONG), 403)
        logger.info("signed in", extra={"fields": {"name": name}})
        response = RedirectResponse(_own(wanted), 303)
        _set_cookie(request, response, sessions.open(name), SECONDS)
        return response

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        sessions.close(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/sign-in", 303)
        _set_cookie(request, response, "", 0)
        return response

    return router


async def _sent(request: Request) -> tuple[str, str] | None:
    """Where to go on, and the key; None where the body is larger than any."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return None
    fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=10)
    return fields.get("next", ["/"])[0], fields.get("key", [""])[0].strip()


def _set_cookie(request: Request, response: Response, token: str, seconds: int) -> None:
    forwarded = request.headers.get("x-forwarded-proto", request.url.scheme)
    response.set_cookie(
        COOKIE,
        token,
        max_age=seconds,
        path="/",
        # Behind a proxy with TLS, which says so; on this machine's own name there is none.
        secure=forwarded == "https",
        httponly=True,
        samesite="strict",
    )


def _form(wanted: str, wrong: str = "") -> str:
    described = ' aria-describedby="wrong" aria-invalid="true"' if wrong else ""
    return _PAGE.format(next=escape(_own(wanted)), wrong=wrong, described=described)


def _own(wanted: str) -> str:
    """The address, if it is one of ours; else the page's."""
    # A browser reads \ as /, and two of them as the beginning of another host.
    return wanted if re.fullmatch(r"/(?![/\\])[ -~]*", wanted) else "/"
