"""What is said beside every answer: a request's id, and what a browser must not do with a page."""

from __future__ import annotations

import re
from uuid import uuid4

from flask import Flask, Response, g, request

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "img-src 'self' data:",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_HTTPS_ONLY = "max-age=31536000"


def prepare(app: Flask, secure: bool) -> None:
    """Give every request an id and every answer its headers; `secure` says that people come by https."""

    @app.before_request
    def _name() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _ID.fullmatch(given) else uuid4().hex

    @app.after_request
    def _say(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
