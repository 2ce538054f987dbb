"""One's own settings: the keys of the queue, the password, and tokens for programs."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import names, problems
from web.data import people, tokens
from web.data.errors import DataError, InvalidError
from web.pages import presence
from web.pages.presence import me, needs
from web.pages.queue import keys
from web.services import database

blueprint = Blueprint("own", __name__, url_prefix="/settings")

#: Keys of more than one character that may stand for an act.
WAYS = ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight")
NAMED = (*WAYS, "Enter", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown")


@blueprint.get("")
@needs("reader")
def form() -> str:
    """The user gets his keys, his password and his tokens to change."""
    return _page()


@blueprint.post("/keys")
@needs("reader")
def set_keys() -> Response:
    """The user's keys stand for the acts that he chose; all of them can be switched off."""
    try:
        with database().writing() as session:
            people.set_keys(session, me(), _chosen_keys())
    except InvalidError as error:
        return make_response(_page(error), problems.status(error))
    flash("Your keys are saved.", "done")
    return redirect(url_for("own.form"), 303)


@blueprint.post("/password")
@needs("reader")
def set_password() -> Response:
    """The user has a new password, is signed in here and nowhere else."""
    form = request.form
    try:
        if form.get("password") != form.get("again"):
            raise InvalidError("The two passwords differ: type the same one twice.")
        people.set_password(database(), me(), form.get("old", ""), form.get("password", ""))
    except DataError as error:
        return make_response(_page(error), problems.status(error))
    _, key = people.sign_in(database(), me().name, form["password"])
    response = presence.remember(redirect(url_for("own.form"), 303), key)
    flash("Your password is changed, and every other browser of yours is signed out.", "done")
    return response


@blueprint.post("/tokens")
@needs("reader")
def make_token() -> Response:
    """The user gets a token for a program; it is shown this once."""
    days = request.form.get("days", "90")
    try:
        if days and not days.isdecimal():
            raise InvalidError("Say in how many days the token expires, or nothing.")
        with database().writing() as session:
            lasts = int(days) if days else None
            _, key = tokens.make(
                session, me(), request.form.get("name", ""), request.form.getlist("scopes"), lasts
            )
    except DataError as error:
        return make_response(_page(error), problems.status(error))
    return make_response(_page(key=key))


@blueprint.post("/tokens/<int:token_id>/revoke")
@needs("reader")
def revoke(token_id: int) -> Response:
    """The user's token opens nothing any more."""
    with database().writing() as session:
        tokens.revoke(session, me(), token_id)
    flash("The token opens nothing any more.", "done")
    return redirect(url_for("own.form"), 303)


def _chosen_keys() -> dict[str, str]:
    """The keys of the form. Raises `InvalidError` for what is no key."""
    chosen = {}
    for act, (usual, _) in names.KEYS.items():
        key = request.form.get(act, "").strip() or usual
        if key not in NAMED and (len(key) != 1 or not key.isprintable()):
            raise InvalidError(f"{key!r} is no key: use one character, or one of {', '.join(NAMED)}.")
        chosen[act] = key.lower() if len(key) == 1 else key
    if request.form.get("shortcuts") != "on":
        chosen["shortcuts"] = "off"
    return chosen


def _page(error: DataError | None = None, key: str | None = None) -> str:
    with database().reading() as session:
        mine = tokens.of(session, me())
        person = people.get(session, me().id)
    own = {**{act: usual for act, (usual, _) in names.KEYS.items()}, **person.keys}
    return render_template(
        "own.html",
        tokens=mine,
        key=key,
        error=error,
        own=own,
        on=bool(keys(person.keys)),
        scopes=tokens.SCOPES,
    )
