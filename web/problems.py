"""Errors as programs read them: problem details of RFC 9457, with the remedy and the request's id."""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from detector.errors import DetectorError, FormatError, InputError
from web.data.errors import (
    ConflictError,
    DataError,
    InvalidError,
    NotFoundError,
    RefusedError,
    SignInError,
    ThrottledError,
    TooLargeError,
)

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type, int] = {
    NotFoundError: 404,
    RefusedError: 403,
    SignInError: 401,
    ThrottledError: 429,
    ConflictError: 409,
    TooLargeError: 413,
    InvalidError: 422,
    InputError: 422,
    FormatError: 422,
    DataError: 503,
}
#: After how many seconds to come back when the database could not do it.
_PAUSE = 5
_UNKNOWN = "This should not have happened: the log of the server tells more under this request_id."


def status(error: BaseException) -> int:
    """The HTTP status that answers an error."""
    if isinstance(error, HTTPException):
        return error.code or 500
    return next((_STATUS[sort] for sort in type(error).__mro__ if sort in _STATUS), 500)


def answer(error: Exception) -> Response:
    """The problem details of an error."""
    code = status(error)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "detail": _detail(error),
        "instance": request.path,
        "request_id": g.get("request_id"),
    }
    return Response(json.dumps(body) + "\n", code, _headers(error, code), content_type=MEDIA_TYPE)


def _detail(error: Exception) -> str:
    """What is told of an error: of one that nobody foresaw nothing."""
    if isinstance(error, DetectorError):
        return str(error)
    if isinstance(error, HTTPException) and status(error) < 500 and error.description:
        return error.description
    return _UNKNOWN


def _headers(error: Exception, code: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, HTTPException):
        headers |= {name: value for name, value in error.get_headers() if name != "Content-Type"}
    if code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="detector"'
    if isinstance(error, ThrottledError):
        headers["Retry-After"] = str(error.retry_after)
    elif code == 503:
        headers["Retry-After"] = str(_PAUSE)
    return headers
