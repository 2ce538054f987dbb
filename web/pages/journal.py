"""The journal: every act of everybody, and whether the chain of its entries is whole."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from web.data import journal
from web.pages.presence import needs
from web.services import database

blueprint = Blueprint("journal", __name__, url_prefix="/journal")

LISTED = 100
_PAGES = {
    "family": ("families.one", "family_id"),
    "source": ("sources.one", "source_id"),
    "batch": ("bulk.one", "batch_id"),
}


@blueprint.get("")
@needs("lead")
def listed() -> str:
    """The user gets what everybody did, the newest first, and on demand the proof that nobody changed it."""
    before = request.args.get("before", type=int)
    checked = request.args.get("check") == "1"
    with database().reading() as session:
        rows = journal.entries(session, before, LISTED + 1)
        broken = journal.verify(session) if checked else None
    more = rows[LISTED - 1].id if len(rows) > LISTED else None
    told = [(entry, link(entry.subject)) for entry in rows[:LISTED]]
    return render_template(
        "journal.html", rows=told, more=more, checked=checked, broken=broken, first=before is None
    )


def link(subject: str) -> str | None:
    """The page of what an entry is about, such as "family 12"."""
    sort, _, number = subject.partition(" ")
    if sort not in _PAGES or not number.isdecimal():
        return None
    endpoint, name = _PAGES[sort]
    values: dict[str, Any] = {name: int(number)}
    return url_for(endpoint, **values)
