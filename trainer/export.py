"""A fitted model in the forms that a bundle holds."""

import io
import warnings
from typing import Any

import joblib
import treelite.sklearn
from sklearn.ensemble import HistGradientBoostingClassifier


def checkpoint(model: HistGradientBoostingClassifier) -> bytes:
    """The trees as data: treelite's own checkpoint, which is what scores."""
    with warnings.catch_warnings():
        # treelite casts the categories to integers, and then leaves out the missing one.
        warnings.filterwarnings("ignore", "invalid value encountered in cast", RuntimeWarning)
        imported = treelite.sklearn.import_model(model)
    content: bytes = imported.serialize_bytes()
    return content


def pickled(value: Any) -> bytes:
    """For people with a notebook and this release's libraries; nothing that serves opens it."""
    buffer = io.BytesIO()
    joblib.dump(value, buffer)
    return buffer.getvalue()
