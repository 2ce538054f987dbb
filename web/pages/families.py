"""Wordings: the list that a filter finds, and all that is known of one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import names
from web.data import bulk, families, people, queue, sources, verdicts
from web.data.errors import ConflictError, InvalidError
from web.pages import selection
from web.pages.presence import me, needs
from web.pages.queue import seen
from web.services import database

blueprint = Blueprint("families", __name__, url_prefix="/wordings")

#: So many wordings, and so many copies of one, are on a page.
LISTED, MEMBERS = 50, 25
LONGEST = 6000


@blueprint.get("")
@needs("reader")
def listed() -> str:
    """The user gets the wordings that a filter finds, how many, and may decide on all of them at once."""
    chosen = selection.of(request.args)
    with database().reading() as session:
        found = bulk.preview(session, chosen.filter, LISTED)
        told = {"sources": sources.listed(session), "languages": queue.languages(session)}
    return render_template("families/listed.html", found=found, chosen=chosen, **told)


@blueprint.get("/<int:family_id>")
@needs("reader")
def one(family_id: int) -> str:
    """The user gets a wording with its verdict, its copies and who decided what and when."""
    before = request.args.get("before", type=int)
    with database().reading() as session:
        family = families.get(session, family_id)
        members = families.members(session, family_id, before, MEMBERS + 1)
        told = {
            "history": verdicts.history(session, family_id),
            "names": {person.id: person.name for person in people.everybody(session)},
            "sources": {source.id: source.name for source in sources.listed(session)},
        }
    more = members[MEMBERS - 1][0].id if len(members) > MEMBERS else None
    return render_template(
        "families/one.html",
        family=family,
        members=members[:MEMBERS],
        more=more,
        first=before is None,
        seen=seen(family),
        most=LONGEST,
        **told,
    )


@blueprint.post("/<int:family_id>/split")
@needs("moderator")
def split(family_id: int) -> Response:
    """The user gets a copy's wording as a family of its own, everywhere or at its source, and its card."""
    segment_id = _number("segment_id", "Choose the copy to split off.")
    try:
        with database().writing() as session:
            new = families.split(session, me(), segment_id, request.form.get("whole_source") == "1")
    except ConflictError as error:
        flash(str(error), "warn")
        return redirect(url_for("families.one", family_id=family_id), 303)
    flash(f"Split off: {names.counted(new.copies, 'copy', 'copies')} of this wording, asked anew.", "done")
    return redirect(url_for("families.one", family_id=new.id), 303)


@blueprint.post("/<int:family_id>/merge")
@needs("moderator")
def merge(family_id: int) -> Response:
    """The user gets one family of two: another one's copies and decisions come into this."""
    other = _number("other", "Give the number of the other wording: it stands in its address.")
    with database().writing() as session:
        families.merge(session, me(), family_id, other)
    flash(f"Wording {other} is part of this one now.", "done")
    return redirect(url_for("families.one", family_id=family_id), 303)


@blueprint.post("/<int:family_id>/undo")
@needs("moderator")
def undo(family_id: int) -> Response:
    """The user gets one decision on a wording taken back: his own, or as a lead anybody's."""
    decision_id = _number("decision_id", "Choose the decision to take back.")
    with database().writing() as session:
        verdicts.undo_decision(session, me(), decision_id)
    flash("Taken back.", "done")
    return redirect(url_for("families.one", family_id=family_id), 303)


def _number(name: str, missing: str) -> int:
    number = request.form.get(name, type=int)
    if number is None:
        raise InvalidError(missing)
    return number
