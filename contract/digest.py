"""Canonical bytes and their SHA-256, wherever two sides must agree on a document's identity."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import StringConstraints

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


def canonical_json(document: Any) -> bytes:
    """The one spelling of a JSON document: sorted keys, no white space, UTF-8, no NaN."""
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def sha256(data: bytes) -> str:
    """SHA-256 of `data`, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
