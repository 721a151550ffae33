"""Answers that are errors: a page for people, a problem document (RFC 9457) for programs."""

import json
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/sign-in.css">
<main>
<h1>{title}</h1>
<p>{detail}</p>
<p><a href="/">The page</a></p>
</main>
</html>
"""


def wants_page(request: Request) -> bool:
    """Whether a person asks, by a browser."""
    return "text/html" in request.headers.get("accept", "")


def answer(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The error in the form that was asked for; `detail` says what to do, and quotes nothing."""
    title = HTTPStatus(status).phrase
    if wants_page(request):
        text = _PAGE.format(title=escape(title), detail=escape(detail))
        return Response(text, status, headers, "text/html; charset=utf-8")
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(document), status, headers, MEDIA_TYPE)
