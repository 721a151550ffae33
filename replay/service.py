"""The prediction service, over HTTP as any caller sees it."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from contract.digest import canonical_json
from contract.schema import DataSetSchema, SchemaError
from contract.text import shown
from replay.errors import NotNow, ReplayError, RowsRefused
from replay.moments import microseconds

Headers = Mapping[str, str]

# Longer than the service itself waits for its log.
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_PLACE = re.compile(r"/(?:instances|context|outcomes)/([0-9]{1,9})(?:/(.*))?", re.DOTALL)
# Of all workers that live.
_OLDEST = re.compile(r"^prediction_log_oldest_row_seconds\S* (\S+)$", re.MULTILINE)
_NOT_SCORED = frozenset({"overloaded", "body-too-slow"})
_CONFLICT = 409
_INVALID = 422
_SLOW = 408
_MANY = 429


def authorization(key: str | None) -> dict[str, str]:
    """The headers that say who asks."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


class Service:
    """Asks one service, over one connection as long as it lasts."""

    def __init__(self, url: str, key: str | None) -> None:
        """`key`: of whoever asks what concerns no client; None: no key is wanted."""
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, headers=authorization(key))
        self.url = url

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def schema(self) -> DataSetSchema:
        """The declaration that is served; raises ReplayError."""
        served = self._get("/model")
        try:
            return DataSetSchema.from_json(canonical_json(served["schema"]))
        except (KeyError, SchemaError) as error:
            raise ReplayError(f"{self.url}/model does not describe a model: {error}") from error

    def most(self) -> tuple[int, int]:
        """Most instances of a batch, and most reports of a request; raises ReplayError."""
        document = self._get("/openapi.json")
        try:
            return (
                _most(document, "/predict/batch", "instances"),
                _most(document, "/outcomes", "outcomes"),
            )
        except (KeyError, TypeError) as error:
            raise ReplayError(f"{self.url}/openapi.json lacks the member {error}") from error

    def predict(self, body: bytes, headers: Headers) -> None:
        """Have a batch scored and logged; raises NotNow, RowsRefused or ReplayError."""
        self._post("/predict/batch", body, headers)

    def report(self, body: bytes, headers: Headers) -> None:
        """Have outcomes stored; raises NotNow, RowsRefused or ReplayError."""
        self._post("/outcomes", body, headers)

    def known(self, reference: str, headers: Headers) -> list[int]:
        """Times of the events that are in the log under this reference.

        The last 1,000. Raises NotNow or ReplayError.
        """
        path = f"/outcomes/{quote(reference, safe='')}"
        found = self._get(path, {"kind": "reference"}, headers)["predictions"]
        return [microseconds(one["business_time"]) or 0 for one in found]

    def oldest_seconds(self) -> float:
        """Age of the oldest row that is on its way to Postgres; raises NotNow or ReplayError."""
        found = _OLDEST.findall(self._asked("GET", "/metrics").text)
        if not found:
            raise ReplayError(f"{self.url}/metrics says nothing of the prediction log")
        return max(map(float, found))

    def _get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Headers | None = None
    ) -> dict[str, Any]:
        found = self._asked("GET", path, params=query, headers=headers).json()
        return dict(found)

    def _post(self, path: str, body: bytes, headers: Headers) -> None:
        more = {**headers, "Content-Type": "application/json"}
        self._asked("POST", path, content=body, headers=more)

    def _asked(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **parts)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotNow(f"{self.url} cannot be reached: {error}", sent=False) from error
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise NotNow(f"{self.url} did not answer: {reason}", sent=True) from error
        except httpx.InvalidURL as error:
            raise ReplayError(f"{self.url} is no address of a service: {error}") from error
        if answer.is_success:
            return answer
        raise self._refusal(path, answer)

    def _refusal(self, path: str, answer: httpx.Response) -> ReplayError:
        """What an answer that is none means."""
        problem = _problem(answer)
        said = shown(str(problem.get("detail") or problem.get("title") or "no reason"), 300)
        status = answer.status_code
        if status in {_SLOW, _MANY} or status >= 500:
            # Of these it says itself that nothing was scored.
            sent = str(problem.get("type")).rpartition("/")[2] not in _NOT_SCORED
            pause = answer.headers.get("Retry-After", "")
            seconds = min(float(pause), 10.0) if pause.isdecimal() else 0.5
            return NotNow(f"{path}: {status}, {said}", sent=sent, seconds=seconds)
        if status in {_INVALID, _CONFLICT} and (errors := _errors(problem)):
            return RowsRefused(errors)
        advice = ": say the clients' keys in REPLAY_KEYS" if status == 401 else ""
        return ReplayError(f"{self.url}{path} answers {status}, {said}{advice}")


def _most(document: dict[str, Any], path: str, member: str) -> int:
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    while "$ref" in body:
        body = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    return int(body["properties"][member]["maxItems"])


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _errors(problem: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Place, field and detail of each complaint about a row; none where one is about no row."""
    found = []
    for error in problem.get("errors") or ():
        match = _PLACE.fullmatch(str(error.get("pointer")))
        if match is None:
            return []
        detail = error.get("detail") or problem.get("detail") or ""
        found.append((int(match[1]), match[2] or "", str(detail)))
    return found
