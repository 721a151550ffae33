"""The form in which an error is answered: that of the protocol to which the path belongs."""

from collections.abc import Callable, Mapping

from starlette.responses import Response
from starlette.types import Scope

from api.http.problems import Problem, document

Form = Callable[[Problem], Response]


class ErrorForms:
    """The protocols that have a form of their own; every other path gets problem documents."""

    def __init__(self, forms: Mapping[str, Form]) -> None:
        """`forms` by the path under which the protocol lies, as /v2."""
        self._forms = forms

    def answer(self, problem: Problem, scope: Scope, request_id: str) -> Response:
        """The problem as a response to the request."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        for root, form in self._forms.items():
            if path == root or path.startswith(f"{root}/"):
                return form(problem)
        return document(problem, request_id)
