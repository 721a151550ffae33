"""The form in which an error is answered: that of the protocol to which the path belongs."""

from starlette.responses import Response
from starlette.types import Scope

from api.http import problems
from api.http.problems import Problem
from api.predictions.oip import errors as oip


def answer(problem: Problem, scope: Scope, request_id: str) -> Response:
    """The problem as a response to the request."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path == oip.ROOT or path.startswith(f"{oip.ROOT}/"):
        return oip.error_object(problem)
    return problems.document(problem, request_id)
