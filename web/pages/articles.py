"""Articles: the list, and one as its readers get it beside what came in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web.data import articles, outcome, sources
from web.data.errors import InvalidError
from web.pages import story
from web.pages.presence import me, needs
from web.services import database

blueprint = Blueprint("articles", __name__, url_prefix="/articles")

#: So many articles, and so many segments of one, are on a page.
LISTED, SEGMENTS = 50, 300


@blueprint.get("")
@needs("reader")
def listed() -> str:
    """The user gets the articles, the newest first, of a source or with a word in their title."""
    source_id = request.args.get("source_id", type=int)
    search = request.args.get("search", "").strip() or None
    before = request.args.get("before", type=int)
    with database().reading() as session:
        rows = articles.listed(session, source_id, before, LISTED + 1, search)
        known = sources.listed(session)
        total = articles.count(session)
    more = rows[LISTED - 1].id if len(rows) > LISTED else None
    return render_template(
        "articles/listed.html",
        rows=rows[:LISTED],
        more=more,
        sources=known,
        by_id={source.id: source.name for source in known},
        source_id=source_id,
        search=search,
        total=total,
        first=before is None,
    )


@blueprint.get("/<int:article_id>")
@needs("reader")
def one(article_id: int) -> str:
    """The user gets the story as readers get it beside the original, and may turn each place by hand."""
    start = max(request.args.get("from", 0, type=int), 0)
    with database().reading() as session:
        article = articles.get(session, article_id)
        source = sources.get(session, article.source_id)
        rows = articles.segments(session, article_id)
        families = articles.families(session, rows)
        parts = outcome.decided(article, rows, families, source)
        blocks = story.blocks(article, rows, families, list(parts))
    return render_template(
        "articles/one.html",
        article=article,
        source=source,
        blocks=blocks[start : start + SEGMENTS],
        removed=sum(block.is_gone for block in blocks),
        total=len(blocks),
        start=start,
        step=SEGMENTS,
        link=_link(article.url),
    )


@blueprint.post("/<int:article_id>/places")
@needs("moderator")
def turn(article_id: int) -> Response:
    """The user gets one place hidden or shown, whatever the verdict elsewhere, or as everywhere again."""
    wish, _, number = request.form.get("own", "").partition(":")
    if wish not in ("hide", "keep", "family") or not number.isdecimal():
        raise InvalidError("Choose a place and what is done with it.")
    with database().writing() as session:
        segment = articles.set_own(session, me(), int(number), None if wish == "family" else wish)
    start = max(request.args.get("from", 0, type=int), 0)
    values: dict[str, Any] = {"from": start} if start else {}
    address = url_for("articles.one", article_id=segment.article_id, **values)
    return redirect(f"{address}#s{segment.id}", 303)


def _link(url: str | None) -> str | None:
    """An address that is safe to follow."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None
