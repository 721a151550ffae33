"""Answers that hold now: what is served can be another model at the next request."""

from typing import Any

import orjson
from starlette.responses import Response

NOT_STORED = {"Cache-Control": "no-store"}


def as_json(document: dict[str, Any]) -> Response:
    """What holds now, and is not to be kept."""
    return Response(orjson.dumps(document), headers=NOT_STORED, media_type="application/json")
