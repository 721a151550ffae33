"""The kinds of problems that the service answers with; their URIs are stable."""

from dataclasses import dataclass
from http import HTTPStatus

MEDIA_TYPE = "application/problem+json"
PREFIX = "/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: what it is called and what a client does about it."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def uri(self) -> str:
        """The `type` of the document: relative to the service, and readable there."""
        return f"{PREFIX}{self.name}" if self.name else "about:blank"

    @classmethod
    def plain(cls, status: int) -> "ProblemType":
        """A kind with nothing to it but its HTTP status."""
        phrase = HTTPStatus(status).phrase
        return cls("", status, phrase, phrase)

    def describe(self) -> dict[str, object]:
        """What stands at the URI."""
        return {
            "type": self.uri,
            "status": self.status,
            "title": self.title,
            "meaning": self.meaning,
        }


MALFORMED_REQUEST = ProblemType(
    "malformed-request",
    400,
    "The request cannot be read",
    "Send requests of HTTP/1.1 (RFC 9112); the connection is closed.",
)
HEADERS_TOO_SLOW = ProblemType(
    "headers-too-slow",
    408,
    "The headers did not arrive in time",
    "Send them at once; the connection is closed.",
)
HEADERS_TOO_LARGE = ProblemType(
    "headers-too-large",
    431,
    "The headers are over the limit",
    "Send fewer or shorter headers, or raise MAX_HEADER_BYTES; the connection is closed.",
)
MALFORMED_BODY = ProblemType(
    "malformed-body", 400, "The body is not JSON", "Send one JSON document in UTF-8."
)
INVALID_HEADER = ProblemType(
    "invalid-header",
    400,
    "A header breaks its rule",
    "Correct the header that the detail names, or leave it out.",
)
UNAUTHORIZED = ProblemType(
    "unauthorized",
    401,
    "A key is wanted",
    "Send your key as Authorization: Bearer KEY, or as X-API-Key: KEY.",
)
NOT_FOUND = ProblemType(
    "not-found", 404, "There is nothing here", "See /docs for what the service offers."
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    405,
    "The path does not understand this method",
    "Use a method that the header Allow names.",
)
CROSS_SITE = ProblemType(
    "cross-site",
    403,
    "A page of another site asks",
    "Ask from a page of this service, or let the page's origin in by CORS_ORIGINS.",
)
MISDIRECTED = ProblemType(
    "misdirected",
    421,
    "The service is not called by this name",
    "Use a name of ALLOWED_HOSTS, or add the one in Host to it.",
)
BODY_TOO_SLOW = ProblemType(
    "body-too-slow",
    408,
    "The body did not arrive in time",
    "Send the body at once; nothing was scored.",
)
BODY_TOO_LARGE = ProblemType(
    "body-too-large",
    413,
    "The body is over the limit",
    "Send fewer instances or reports a request, or raise MAX_BODY_BYTES or MAX_OUTCOMES_BYTES.",
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type",
    415,
    "The body is not declared as JSON",
    "Send Content-Type: application/json, in UTF-8, without a Content-Encoding.",
)
INVALID_FIELDS = ProblemType(
    "invalid-fields",
    422,
    "Fields break the rules of the request",
    "Correct each field that `errors` names by JSON pointer; `detail` there says what is allowed.",
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    500,
    "The service failed",
    "Report the request_id; the service's log has the place of the error under it.",
)
LOG_UNAVAILABLE = ProblemType(
    "log-unavailable",
    503,
    "The prediction cannot be logged now",
    "Ask again after Retry-After seconds. An answer that was on its way may have been logged.",
)
OVERLOADED = ProblemType(
    "overloaded",
    503,
    "Too much is under way",
    "Ask again after Retry-After seconds; nothing was scored.",
)
INVALID_PARAMETER = ProblemType(
    "invalid-parameter",
    400,
    "A parameter breaks its rule",
    "Correct what the detail names in the path or the query.",
)
CONFLICT = ProblemType(
    "conflict",
    409,
    "Reports contradict what is stored under their key",
    "`errors` names each; nothing was stored. Give a correction a key of its own.",
)
OUTCOMES_UNAVAILABLE = ProblemType(
    "outcomes-unavailable",
    503,
    "Outcomes cannot be stored or shown now",
    "Send the same again after Retry-After seconds, which is harmless if it was stored.",
)
NOT_READY = ProblemType(
    "not-ready",
    503,
    "The service cannot serve",
    "`detail` says why; /health shows the state of its parts.",
)

PROBLEM_TYPES = {
    kind.name: kind
    for kind in (
        MALFORMED_REQUEST,
        HEADERS_TOO_SLOW,
        HEADERS_TOO_LARGE,
        MALFORMED_BODY,
        INVALID_HEADER,
        UNAUTHORIZED,
        CROSS_SITE,
        MISDIRECTED,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        BODY_TOO_SLOW,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        INVALID_FIELDS,
        INTERNAL_ERROR,
        LOG_UNAVAILABLE,
        OVERLOADED,
        NOT_READY,
        INVALID_PARAMETER,
        CONFLICT,
        OUTCOMES_UNAVAILABLE,
    )
}
