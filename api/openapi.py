"""The OpenAPI document, made from the routes and the served model's declaration, and its page."""

import base64
import hashlib
import re
from collections.abc import Collection
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.http.answers import PROBLEM_SCHEMA, ProblemDocument
from api.http.problem_types import NOT_FOUND, PROBLEM_TYPES, UNAUTHORIZED
from api.http.problems import Problem
from api.http.route import HotRoute
from api.http.state import Model, state_of
from api.model.served import ServedModel
from api.outcomes import body_schema as outcome_schema
from api.outcomes.routes import OUTCOMES, SUBJECT
from api.predictions.oip.body_schema import body_schema
from api.predictions.oip.routes import INFER
from api.predictions.predict import MANY, ONE
from contract.case import MOMENT
from contract.request_schema import json_schema

_ASSETS = "/docs/assets"
# Swagger UI's files from a package: the page works without the internet. They are named, for to
# look a path up in a directory takes time by the square of its length.
_ASSET_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_PLACE = re.compile(r"{(\w+)}")
_REFERENCE = "#/components/schemas/{model}"
_DESCRIPTION = """\
Scores instances with a checked, versioned model. Every answered prediction is in the prediction
log, exactly once; an error means that nothing is promised. Errors are problem documents (RFC 9457),
and under /v2, the Open Inference Protocol, objects with the member `error`.
Every answer carries X-Request-ID."""


def install(app: FastAPI) -> None:
    """Add /openapi.json and /docs to the application."""
    documents: dict[str, bytes] = {}

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request, model: Model) -> Response:
        if model.version not in documents:
            documents.clear()
            state = state_of(request)
            made = document(
                app,
                model,
                guarded=bool(state["keys"]),
                root_path=request.scope["root_path"],
                max_outcomes=state["settings"].max_outcomes,
            )
            documents[model.version] = orjson.dumps(made)
        return Response(documents[model.version], media_type="application/json")

    assets: dict[str, bytes] = {}

    @app.get(f"{_ASSETS}/{{name}}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in _ASSET_TYPES:
            raise Problem(NOT_FOUND, "the documentation has no such file")
        if name not in assets:
            assets[name] = files("fastapi_offline").joinpath("static", name).read_bytes()
        return Response(assets[name], media_type=_ASSET_TYPES[name])

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        root = request.scope["root_path"]
        page = get_swagger_ui_html(
            title=app.title,
            openapi_url=f"{root}/openapi.json",
            swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
            swagger_favicon_url="data:,",
        )
        page.headers["Content-Security-Policy"] = _policy(bytes(page.body))
        return page


def _policy(page: bytes) -> str:
    """A Content-Security-Policy that lets the page's own scripts run, and no others."""
    hashes = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src 'self' {scripts}; connect-src 'self';"
        # Swagger UI writes styles into its elements.
        " img-src 'self' data:; style-src 'self' 'unsafe-inline';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def document(
    app: FastAPI, model: ServedModel, *, guarded: bool, root_path: str = "", max_outcomes: int
) -> dict[str, Any]:
    """The OpenAPI document of the service while it serves `model`; `guarded`: with keys."""
    found = get_openapi(
        title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
    )
    schemas = found["components"]["schemas"]
    for useless in ("HTTPValidationError", "ValidationError"):
        schemas.pop(useless, None)
    _, definitions = models_json_schema(
        [(ProblemDocument, "serialization")], ref_template=_REFERENCE
    )
    for name, schema in definitions["$defs"].items():
        schemas[PROBLEM_SCHEMA if name == ProblemDocument.__name__ else name] = schema
    wanting = _guarded(app) if guarded else set()
    for path, item in found["paths"].items():
        for operation in item.values():
            _describe(operation, path, model)
            if operation["operationId"] in wanting:
                operation["security"] = [{name: []} for name in _SECURITY_SCHEMES]
            else:
                operation["responses"].pop(_UNAUTHORIZED, None)
    _describe_outcomes(found["paths"], max_outcomes)
    if root_path:
        found["servers"] = [{"url": root_path}]
    if guarded:
        found["components"]["securitySchemes"] = _SECURITY_SCHEMES
    pictures = model.card.pictures if model.card else ()
    for path, item in found["paths"].items():
        _name_values(item, "model_name", [model.schema.key])
        _name_values(item, "model_version", [model.version])
        _name_values(item, "name", pictures if path.startswith("/model/") else PROBLEM_TYPES)
    return found


def _guarded(app: FastAPI) -> set[str]:
    """The operations that want a key: those that predict, or tell outcomes."""
    return {route.unique_id for route in app.routes if isinstance(route, HotRoute)}


def _name_values(item: dict[str, Any], name: str, values: Collection[str]) -> None:
    """Say which values the path's parameter `name` can have; every other one is a 404."""
    for operation in item.values():
        for parameter in operation["parameters"]:
            if (parameter["in"], parameter["name"]) == ("path", name) and values:
                parameter["schema"]["enum"] = sorted(values)


def _describe(operation: dict[str, Any], path: str, model: ServedModel) -> None:
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]  # FastAPI's own form of it, which no route of ours answers with
    answered = responses["200"]["content"]
    if len(answered) > 1 and answered.get("application/json") == {"schema": {}}:
        del answered["application/json"]  # FastAPI's own guess, by which clients would read it
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-ID"] = {"schema": {"type": "string"}}
    parameters = operation.setdefault("parameters", [])
    declared = {parameter["name"] for parameter in parameters}
    parameters += [_path_parameter(name) for name in _PLACE.findall(path) if name not in declared]
    parameters.append(
        _header(
            "X-Request-ID",
            "Name of the request in logs: 1 to 128 printable characters of"
            " ASCII; made up where it is something else or missing",
        )
    )
    body = _body(path, model)
    if body is not None:
        parameters += _PREDICTION_HEADERS
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }


def _describe_outcomes(paths: dict[str, Any], most: int) -> None:
    content = {"application/json": {"schema": outcome_schema.body_schema(most)}}
    paths[OUTCOMES]["post"]["requestBody"] = {"required": True, "content": content}
    parameters = paths[SUBJECT.replace(":path", "")]["get"]["parameters"]
    (subject,) = (each for each in parameters if each["in"] == "path")
    subject |= outcome_schema.SUBJECT
    parameters += outcome_schema.PARAMETERS


def _body(path: str, model: ServedModel) -> dict[str, Any] | None:
    """Schema of what the path takes; None where it takes nothing."""
    if path in (ONE, MANY):
        return json_schema(model.request_model, batch=path == MANY)
    return body_schema(model.request_model) if path in INFER else None


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


_PRINTABLE = "[!-~\u00a1-\u00ac\u00ae-\u00ff]"

_PREDICTION_HEADERS = [
    _header(
        "X-Client-Reference",
        "Your own name for the request, kept with its rows: 1 to 200 printable characters in UTF-8"
        " (or ISO 8859-1), with no space at either end",
        pattern=f"^{_PRINTABLE}([ {_PRINTABLE[1:-1]}]{{0,198}}{_PRINTABLE})?$",
    ),
    _header(
        "X-Event-Time",
        "Business time of the request, with its offset; kept with its rows",
        # Set apart, for generators of clients have no form for a date in a header: they would drop
        # the route.
        allOf=[{"format": "date-time"}],
        # RFC 3339 allows small letters and a blank as well, JSON Schema's format does not.
        pattern=MOMENT.replace("[Tt ]", "T").replace("[Zz]", "Z"),
    ),
    _header(
        "X-Outcome-Due",
        "When the outcome is due, with its offset: before it nothing is judged; kept with its rows",
        allOf=[{"format": "date-time"}],
        pattern=MOMENT.replace("[Tt ]", "T").replace("[Zz]", "Z"),
    ),
    _header("traceparent", "W3C Trace Context; a valid one's trace id is kept with the rows"),
]

_UNAUTHORIZED = str(UNAUTHORIZED.status)
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
