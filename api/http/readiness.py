"""Whether the service can serve: what every probe asks, whatever its protocol."""

from api.http.problem_types import NOT_READY
from api.http.problems import Problem
from db.log import LogStatus, PredictionLog


def check_alive(log: PredictionLog) -> None:
    """Raise Problem where only a restart helps."""
    if not log.status().threads_alive:
        raise Problem(NOT_READY, "a thread of the prediction log has ended: restart the service")


def check_ready(log: PredictionLog) -> None:
    """Raise Problem while the service cannot score and log."""
    status = log.status()
    if not (status.ready and status.threads_alive):
        raise Problem(NOT_READY, reason(status))


def reason(status: LogStatus) -> str:
    """Why the log is not as it should be."""
    return status.reason or f"the prediction log is {status.state}"
