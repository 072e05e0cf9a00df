"""What is wrong with a request, as RFC 9457 has it: the status, and each field with its reason. No value is repeated."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from shared.contracts.refusal import FAULTS_MAX, Unreadable, form_of, in_our_words

MEDIA_TYPE: Final = "application/problem+json"
HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-robots-tag": "noindex, nofollow",
}
"""Stand at the head of every answer that does not set them itself."""
NOTHING: Final[Mapping[str, Any]] = {}


class Problem(HTTPException):
    """A request that is not served. `faults`: each field that is wrong, and why; the first is also the problem's own.

    It is an `HTTPException`, as FastAPI makes any other error 400 that comes up while it reads a body.
    """

    headers: Mapping[str, str]

    def __init__(
        self,
        status: HTTPStatus,
        detail: str = "",
        faults: Sequence[Unreadable] = (),
        headers: Mapping[str, str] = NOTHING,
        more: Mapping[str, Any] = NOTHING,
    ) -> None:
        super().__init__(status.value, detail or (str(faults[0]) if faults else ""), headers)
        self.status = status
        self.faults = faults
        self.more = more
        """Further members of the problem."""

    def body(self) -> dict[str, Any]:
        """Return the problem's object."""
        body: dict[str, Any] = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value}
        if self.detail:
            body["detail"] = self.detail
        return {**body, **fields(self.faults), **self.more}

    def response(self) -> JSONResponse:
        """Return the answer."""
        return JSONResponse(self.body(), self.status, {**HEADERS, **self.headers}, MEDIA_TYPE)


def fields(faults: Sequence[Unreadable]) -> dict[str, Any]:
    """Return the members of a problem that name fields: the first, and all of them where there are several."""
    if not faults:
        return {}
    named = [{"field": fault.field or "body", "reason": fault.reason} for fault in faults[:FAULTS_MAX]]
    return {**named[0], **({"errors": named} if len(named) > 1 else {})}


def refused(fault: Unreadable, headers: Mapping[str, str] = NOTHING) -> Problem:
    """Return the problem of a request, one field of which is wrong, or several."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, faults=(fault, *fault.others), headers=headers)


def later(seconds: int, detail: str, status: HTTPStatus = HTTPStatus.SERVICE_UNAVAILABLE) -> Problem:
    """Return that the same request may be served after so many seconds."""
    return Problem(status, detail, headers={"retry-after": str(seconds)})


async def answer_problem(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001 - starlette's signature
    """Answer any of the errors below."""
    if isinstance(error, Problem):
        return error.response()
    if isinstance(error, HTTPException):
        return Problem(HTTPStatus(error.status_code), headers=error.headers or {}).response()
    if isinstance(error, RequestValidationError):
        faults = [_fault(one) for one in error.errors()[:FAULTS_MAX]]
        return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, faults=faults).response()
    if isinstance(error, ClientDisconnect):
        return Problem(HTTPStatus.BAD_REQUEST, "not all of it has arrived").response()
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR).response()


HANDLERS: Final[dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]] = dict.fromkeys(
    (Problem, HTTPException, RequestValidationError, ClientDisconnect, Exception), answer_problem
)


def _fault(error: Mapping[str, Any]) -> Unreadable:
    """Return a complaint of FastAPI's. Where: `path`, `query` and `header` go without saying, a name stands alone."""
    where = [str(step) for step in error["loc"][1:]] or [str(error["loc"][0])]
    if error["type"] == "json_invalid":
        return Unreadable("is not JSON", "body")
    if error["type"] == "string_pattern_mismatch":
        return Unreadable(form_of(error["ctx"]["pattern"]), ".".join(where))
    reason = "is missing" if error["type"] == "missing" else in_our_words(error["msg"])
    return Unreadable(reason, ".".join(where))
