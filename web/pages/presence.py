"""Who is at the browser: by a cookie that only the server reads, whose worth the database knows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from web.data import people
from web.data.errors import DataError
from web.data.schema import Person
from web.services import database, settings

COOKIE = "detector_person"

View = Callable[..., Any]


def needs(role: str) -> Callable[[View], View]:
    """Let a view be used by people of at least this role; who is not signed in goes there first."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(**values: Any) -> Any:
            if found() is None:
                if request.method == "POST":
                    flash("You were signed out. Sign in, then do it again.", "warn")
                wanted = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("accounts.sign_in", next=wanted), 303)
            people.require(me(), role)
            return view(**values)

        return checked

    return wrap


def found() -> Person | None:
    """Who is signed in, if anybody."""
    if "person" not in g:
        key = request.cookies.get(COOKIE)
        g.person = None
        if key:
            with database().reading() as reading:
                g.person = people.signed_in(reading, key)
    person: Person | None = g.person
    return person


def glimpsed() -> Person | None:
    """Who is signed in, as far as the database can tell at all."""
    try:
        return found()
    except DataError:
        return None


def me() -> Person:
    """Who is signed in, in a view that needs somebody."""
    person = found()
    assert person is not None
    return person


def remember(response: Response, key: str) -> Response:
    """Let the browser keep the key of a sign-in; what its last user left is forgotten."""
    session.clear()
    response.set_cookie(
        COOKIE, key, max_age=people.SIGNED_IN, httponly=True, samesite="Lax", secure=settings().secure
    )
    return response


def forget(response: Response) -> Response:
    """Let the browser forget who was there."""
    session.clear()
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=settings().secure)
    return response
