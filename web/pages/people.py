"""People: who may come in and as what. Invitations and new passwords are links that work once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import names
from web.data import people, tokens
from web.data.errors import InvalidError
from web.pages.presence import me, needs
from web.services import database

blueprint = Blueprint("people", __name__, url_prefix="/people")

HOURS = 72


@blueprint.get("")
@needs("lead")
def listed() -> str:
    """The user gets everybody with role and tokens."""
    return _page()


@blueprint.post("/invite")
@needs("lead")
def invite() -> str:
    """The user gets a link that makes a person of a role; it is shown this once."""
    role = request.form.get("role", "")
    with database().writing() as session:
        key = people.make_link(session, role, by=me(), hours=HOURS)
    return _page(key, f"a new {names.ROLE[role].lower()}")


@blueprint.post("/<int:person_id>/link")
@needs("lead")
def new_password(person_id: int) -> str:
    """The user gets a link by which a person sets a new password; it is shown this once."""
    with database().writing() as session:
        somebody = people.get(session, person_id)
        key = people.make_link(session, somebody.role, person_id, me(), HOURS)
    return _page(key, somebody.name)


@blueprint.post("/<int:person_id>")
@needs("lead")
def change(person_id: int) -> Response:
    """The user gets a person's role changed, or the person shut out or let in again."""
    wish = request.form.get("do")
    with database().writing() as session:
        if wish == "role":
            somebody = people.set_role(session, me(), person_id, request.form.get("role", ""))
            said = f"{somebody.name} is a {names.ROLE[somebody.role].lower()} now."
        elif wish in ("in", "out"):
            somebody = people.set_active(session, me(), person_id, wish == "in")
            said = f"{somebody.name} may {'sign in again' if somebody.active else 'not sign in any more'}."
        else:
            raise InvalidError("Choose what is to be changed.")
    flash(said, "done")
    return redirect(url_for("people.listed"), 303)


@blueprint.post("/tokens/<int:token_id>/revoke")
@needs("lead")
def revoke(token_id: int) -> Response:
    """The user gets anybody's token ended at once."""
    with database().writing() as session:
        token = tokens.revoke(session, me(), token_id)
    flash(f"The token “{token.name}” opens nothing any more.", "done")
    return redirect(url_for("people.listed"), 303)


def _page(key: str | None = None, whom: str = "") -> str:
    with database().reading() as session:
        rows = [(somebody, tokens.of(session, somebody)) for somebody in people.everybody(session)]
    link = url_for("accounts.set_up", key=key, _external=True) if key else None
    return render_template("people/listed.html", rows=rows, link=link, whom=whom, hours=HOURS)
