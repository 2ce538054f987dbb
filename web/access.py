"""Who may call the API: the owner of a bearer token, for what the token is for, so often a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import current_app, request
from flask.blueprints import BlueprintSetupState
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from web.data import tokens
from web.data.errors import SignInError, ThrottledError
from web.data.schema import Person
from web.services import database

#: Calls a minute by one person, and calls with a wrong token from one address, in one process.
#: `API_RATE` and `API_FAILURES` in the configuration of the application replace them.
RATE, FAILURES = 600, 30

View = Callable[..., Any]


def prepare(state: BlueprintSetupState) -> None:
    """Give an application its own count of calls."""
    state.app.config.setdefault("API_RATE", RATE)
    state.app.config.setdefault("API_FAILURES", FAILURES)
    state.app.extensions["api_limits"] = FixedWindowRateLimiter(MemoryStorage())


def needs(scope: str) -> Callable[[View], View]:
    """Let a view be called with a token of this scope alone; the view gets the token's owner first."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            return view(_caller(scope), **values)

        vars(checked)["scope"] = scope
        return checked

    return wrap


def _caller(scope: str) -> Person:
    """The owner of the token. Raises `SignInError`, `RefusedError`, `ThrottledError`."""
    try:
        with database().reading() as session:
            person = tokens.person(session, _bearer(), scope)
    except SignInError:
        # Good tokens are not slowed by bad ones: behind a proxy all may come from one address.
        _count("API_FAILURES", request.remote_addr or "unknown")
        raise
    _count("API_RATE", str(person.id))
    return person


def _bearer() -> str:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise SignInError("Send a token: Authorization: Bearer ddt_…. Make one on the page Settings.")
    return given.token


def _count(name: str, who: str) -> None:
    """Count a call. Raises `ThrottledError` for one too many in this minute."""
    limiter: FixedWindowRateLimiter = current_app.extensions["api_limits"]
    most = RateLimitItemPerMinute(current_app.config[name])
    if not limiter.hit(most, name, who):
        reset = limiter.get_window_stats(most, name, who).reset_time
        wait = max(1, round(reset - time.time()))
        raise ThrottledError(f"Too many calls: wait {wait} seconds, or send more in one call.", wait)
