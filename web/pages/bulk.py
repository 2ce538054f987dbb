"""One verdict on all that a filter finds: the count and a sample first, and undone as one."""

from __future__ import annotations

from threading import Thread

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import names
from web.data import bulk, people
from web.data.errors import InvalidError
from web.data.filters import Filter
from web.data.schema import Batch
from web.pages import selection
from web.pages.presence import me, needs
from web.services import database

blueprint = Blueprint("bulk", __name__, url_prefix="/bulk")

#: So many are done while the user waits; more go on behind a page that tells how far they are.
AT_ONCE = 2000
SAMPLE = 10


@blueprint.get("")
@needs("moderator")
def preview() -> str:
    """The user gets the number of wordings that a verdict would reach, and some of them."""
    chosen = selection.of(request.args)
    with database().reading() as session:
        found = bulk.preview(session, chosen.filter, SAMPLE)
    verdict = request.args.get("verdict", "")
    if verdict not in ("hide", "keep"):
        raise InvalidError("Choose hide or keep for all of them.")
    copies = sum(family.copies for family in found.sample)
    return render_template(
        "bulk/preview.html",
        found=found,
        chosen=chosen,
        verdict=verdict,
        told=told(chosen.filter),
        copies=copies,
    )


@blueprint.post("")
@needs("moderator")
def start() -> Response:
    """The user's verdict reaches all that he saw counted, or none if their number has changed."""
    chosen = selection.of(request.args)
    expected = request.form.get("expected", type=int)
    if expected is None:
        raise InvalidError("Say how many wordings you saw: go back and look at them again.")
    with database().writing() as session:
        batch = bulk.start(session, me(), chosen.filter, request.form.get("verdict", ""), None, expected)
    if batch.total <= AT_ONCE:
        bulk.run(database(), batch.id)
    else:  # a kill meanwhile loses nothing: the next start of the server goes on with it
        Thread(target=bulk.run, args=(database(), batch.id), daemon=True).start()
    return redirect(url_for("bulk.one", batch_id=batch.id), 303)


@blueprint.get("/<int:batch_id>")
@needs("moderator")
def one(batch_id: int) -> str:
    """The user gets how far a bulk verdict is, and may take it back as one."""
    with database().reading() as session:
        batch = bulk.get(session, batch_id)
        who = people.get(session, batch.person_id)
    return render_template("bulk/one.html", batch=batch, who=who, told=told(Filter.read(batch.filter)))


@blueprint.get("/<int:batch_id>/state")
@needs("moderator")
def state(batch_id: int) -> Response:
    """The page of the user gets how far it is."""
    with database().reading() as session:
        batch = bulk.get(session, batch_id)
    return jsonify(state=batch.state, done=batch.done, total=batch.total)


@blueprint.post("/<int:batch_id>/undo")
@needs("moderator")
def undo(batch_id: int) -> Response:
    """The user gets a bulk verdict taken back, all of it."""
    with database().writing() as session:
        batch: Batch = bulk.undo_batch(session, me(), batch_id)
    flash(f"Taken back as one: {names.counted(batch.done, 'wording')}.", "done")
    return redirect(url_for("bulk.one", batch_id=batch_id), 303)


def told(filter: Filter) -> list[tuple[str, str]]:
    """A filter in words: what is asked for and its value."""
    said = {
        "language": ("Language", names.language(filter.language)),
        "kind": ("Kind", names.kind(filter.kind or "")),
        "label": ("Detector says", names.LABEL.get(filter.label or "", "")),
        "status": ("Status", names.STATUS.get(filter.status or "", "")),
        "text": ("Holds", f"“{filter.text}”"),
        "lowest": ("Score from", names.percent(filter.lowest or 0)),
        "highest": ("Score to", names.percent(filter.highest or 0)),
        "since": ("First seen since", f"{names.stamp(filter.since)} UTC" if filter.since else ""),
        "source_id": ("Source", f"number {filter.source_id}"),
    }
    return [words for name, words in said.items() if name in filter.to_dict()]
