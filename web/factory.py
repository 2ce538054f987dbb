"""The application: its parts put together, and what a person sees when something goes wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, has_request_context, make_response, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from detector import Detector, DetectorError
from web import api, headers, health, names, openapi, pages, problems, showing
from web import settings as options
from web.data.database import Database
from web.data.errors import ThrottledError
from web.pages import presence
from web.settings import Settings

#: Attempts to sign in, or to use a link, from one address.
ATTEMPTS = "20 per minute"
_LIMITED = ("accounts.sign_in", "accounts.set_up")
_OLD_FORM = (
    "This form is too old, or did not come from here. Go back, load the page again, and send it again."
)
_UNFORESEEN = (
    "This should not have happened. Tell whoever runs this server the number below: the log has more."
)


def create_app(
    settings: Settings | None = None, detector: Detector | None = None, database: Database | None = None
) -> Flask:
    """The application, by default with the settings of the environment and the shipped model.

    Opens the database without reading it: who starts a server upgrades it first.
    """
    settings = settings or options.load()
    app = Flask(__name__)
    app.extensions["settings"] = settings
    app.extensions["database"] = database or Database.open(settings.database)
    app.extensions["detector"] = detector or Detector.load()
    _configure(app, settings)
    headers.prepare(app, settings.secure)
    _show(app)
    _register(app)
    app.register_error_handler(DetectorError, _failed)
    app.register_error_handler(HTTPException, _failed)
    app.logger.addFilter(_with_id)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret,
        MAX_CONTENT_LENGTH=settings.largest,
        MAX_FORM_MEMORY_SIZE=settings.largest,
        SESSION_COOKIE_NAME="detector_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the browser is open: a card may lie for hours
    )


def _show(app: Flask) -> None:
    """How pages show values."""
    app.jinja_options = {
        "finalize": showing.plain,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "autoescape": True,
    }
    app.jinja_env.filters.update(names.FILTERS)
    app.jinja_env.globals.update(names.GLOBALS)
    app.context_processor(lambda: {"person": g.get("person")})


def _register(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for blueprint in (api.blueprint, health.blueprint, openapi.blueprint, *pages.BLUEPRINTS):
        app.register_blueprint(blueprint)
    csrf.exempt(api.blueprint)
    health.watch(app)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limit = limiter.limit(ATTEMPTS, methods=["POST"])
    for endpoint in _LIMITED:
        view: Any = limit(app.view_functions[endpoint])
        app.view_functions[endpoint] = view


def _failed(error: DetectorError | HTTPException) -> Response:
    """An error as a page, or for a program as problem details."""
    if request.path.startswith("/api/"):
        return problems.answer(error)
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    presence.glimpsed()
    code = problems.status(error)
    title = HTTPStatus(code).phrase
    page = render_template("error.html", code=code, title=title, message=_told(error, code))
    response = make_response(page, code)
    if isinstance(error, ThrottledError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _told(error: DetectorError | HTTPException, code: int) -> str:
    if isinstance(error, CSRFError):
        return _OLD_FORM
    if isinstance(error, DetectorError):
        return str(error)
    return names.STATUSES_TOLD.get(code, _UNFORESEEN)


def _with_id(record: logging.LogRecord) -> bool:
    """Put the request's id before a line of the log."""
    if has_request_context():
        record.msg = f"[{g.get('request_id')}] {record.msg}"
    return True
