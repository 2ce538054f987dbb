"""Coming in and going out: the one-time link, signing in and out, light and dark."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import problems
from web.data import people
from web.data.errors import ConflictError, InvalidError, SignInError, ThrottledError
from web.pages import presence
from web.services import database, settings

blueprint = Blueprint("accounts", __name__)

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "detector_theme"
_YEAR = 365 * 24 * 3600


@blueprint.app_context_processor
def theme() -> dict[str, str]:
    """Light, dark, or as the machine has it."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return {"theme": chosen if chosen in THEMES else "auto"}


@blueprint.get("/")
def home() -> Response:
    """The user gets the page where his work is: the queue, or for a reader the articles."""
    person = presence.found()
    reader = person is not None and person.role == "reader"
    return redirect(url_for("articles.listed" if reader else "queue.next_card"))


@blueprint.route("/set-up/<key>", methods=["GET", "POST"])
def set_up(key: str) -> Response:
    """The user gets a name and a password by a one-time link, or a new password, and is signed in."""
    with database().reading() as session:
        link = people.link(session, key)
        known = people.get(session, link.person_id) if link.person_id is not None else None
    error = None
    if request.method == "POST":
        name = known.name if known else request.form.get("name", "")
        try:
            people.use_link(database(), key, name, _repeated())
            return _welcomed(name, request.form["password"], None)
        except (InvalidError, ConflictError) as problem:
            error = problem
    page = render_template("accounts/set_up.html", link=link, known=known, error=error)
    return make_response(page, problems.status(error) if error else 200)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    """The user gets in by name and password, and on to the page that he wanted."""
    wanted = _inside(request.args.get("next"))
    error = None
    if request.method == "POST":
        try:
            return _welcomed(request.form.get("name", ""), request.form.get("password", ""), wanted)
        except SignInError as problem:
            error = problem
    elif presence.found() is not None:
        return redirect(wanted or url_for("accounts.home"))
    with database().reading() as session:
        empty = people.is_empty(session)
    page = render_template("accounts/sign_in.html", error=error, empty=empty)
    response = make_response(page, problems.status(error) if error else 200)
    if isinstance(error, ThrottledError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """The user is out, and the key in his browser opens nothing any more."""
    key = request.cookies.get(presence.COOKIE)
    if key:
        with database().writing() as session:
            people.sign_out(session, key)
    g.person = None
    return presence.forget(redirect(url_for("accounts.sign_in"), 303))


@blueprint.post("/theme")
def set_theme() -> Response:
    """The user gets light or dark pages, or as his machine has it, from now on."""
    response = redirect(_inside(request.form.get("next")) or url_for("accounts.home"), 303)
    chosen = request.form.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="Lax", secure=settings().secure
        )
    return response


def _welcomed(name: str, password: str, wanted: str | None) -> Response:
    """Signed in, and on the way to the page that was wanted."""
    _, key = people.sign_in(database(), name, password)
    return presence.remember(redirect(wanted or url_for("accounts.home"), 303), key)


def _repeated() -> str:
    """The new password of the form. Raises `InvalidError` where it was not typed twice the same."""
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise InvalidError("The two passwords differ: type the same one twice.")
    return password


def _inside(wanted: str | None) -> str | None:
    """An address if it is a path of this server: a link must not lead out by way of the sign-in."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return None
    if not wanted.isprintable():
        return None
    parts = urlsplit(wanted)
    return None if parts.scheme or parts.netloc else wanted
