"""The prediction log and the one way to write it."""

from db.log.activations import ModelRegistration, Reason
from db.log.errors import LogUnavailable, PredictionLogError
from db.log.prediction_log import PredictionLog
from db.log.row import Context, RowFormat, Stamp
from db.log.settings import LogSettings
from db.log.status import STATES, LogStatus

__all__ = [
    "STATES",
    "Context",
    "LogSettings",
    "LogStatus",
    "LogUnavailable",
    "ModelRegistration",
    "PredictionLog",
    "PredictionLogError",
    "Reason",
    "RowFormat",
    "Stamp",
]
