"""Intake: articles come in pasted or as files, and the page tells of each what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Response, render_template, request, stream_with_context
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from detector import Detector, DetectorError
from web import names, problems
from web.data import articles, intake, sources
from web.data.database import Database
from web.data.errors import InvalidError
from web.data.intake import Incoming, Result
from web.pages.presence import me, needs
from web.services import database, detector

blueprint = Blueprint("intake", __name__, url_prefix="/intake")

FORMATS = ("auto", "text", "markdown", "html", "jsonl", "feed")
#: So many articles are named one by one, and after each so many more the number is told.
NAMED, EVERY = 200, 500


@blueprint.get("")
@needs("moderator")
def form() -> str:
    """The user gets a place to paste an article and to choose files."""
    return _form()


@blueprint.post("")
@needs("moderator")
def take() -> Response:
    """The user sees article by article what was stored, what was there already, and what was refused why."""
    source = request.form.get("source", "")
    try:
        sources.checked(source)
        incoming = _incoming()
    except DetectorError as error:
        return Response(_form(error), problems.status(error))
    who = me().name
    pasted = bool(request.form.get("text", "").strip())
    lines = _lines(database(), detector(), incoming, source, who, pasted)
    return Response(stream_with_context(_told(lines, source)), content_type="text/html; charset=utf-8")


def _form(error: DetectorError | None = None) -> str:
    with database().reading() as session:
        known = sources.listed(session)
    return render_template("intake/form.html", sources=known, formats=FORMATS, error=error, sent=request.form)


def _incoming() -> Iterator[Incoming]:
    """What was pasted, or the articles of the files. Raises `InvalidError` where there is neither."""
    text = request.form.get("text", "")
    files = [file for file in request.files.getlist("files") if file.filename]
    if not text.strip() and not files:
        raise InvalidError("Paste the text of an article, or choose a file.")
    sort = request.form.get("format", "auto")
    if sort not in FORMATS:
        raise InvalidError(f"Unknown format {sort!r}: use one of {', '.join(FORMATS)}.")
    if text.strip():
        return iter([_pasted(text, sort)])
    return iter([article for file in files for article in _of(file, sort)])


def _pasted(text: str, sort: str) -> Incoming:
    if sort in ("jsonl", "feed"):
        raise InvalidError("JSON Lines and feeds come as a file: save it, then choose it below.")
    given = {name: request.form.get(name, "").strip() or None for name in ("key", "title", "url")}
    return Incoming(text.replace("\r\n", "\n"), format=sort, **given)


def _of(file: FileStorage, sort: str) -> Iterator[Incoming]:
    return intake.documents(file.stream.read(), file.filename or "file", sort)


def _lines(
    database: Database, detector: Detector, incoming: Iterator[Incoming], source: str, who: str, pasted: bool
) -> Iterator[Result | DetectorError]:
    """The results, and at the end the error that stopped them, if one did."""
    try:
        for result in intake.stream(database, detector, incoming, source, who):
            yield _titled(database, result) if pasted else result
    except DetectorError as error:
        yield error


def _titled(database: Database, result: Result) -> Result:
    """A result under the title of its article: the key of a pasted one is mostly made of its text."""
    if result.article_id is None:
        return result
    with database.reading() as session:
        return replace(result, key=names.headline(articles.get(session, result.article_id)))


def _told(lines: Iterator[Result | DetectorError], source: str) -> Iterator[str]:
    """The page, as the results come."""
    macros = render_template("intake/result.html", source=source, line=Markup("\0"))
    head, _, tail = macros.partition("\0")
    yield head
    counts = dict.fromkeys(("stored", "replaced", "unchanged", "refused"), 0)
    error = None
    for line in lines:
        if isinstance(line, DetectorError):
            error = line
            break
        counts[line.state] += 1
        total = sum(counts.values())
        if total <= NAMED or (line.state == "refused" and counts["refused"] <= NAMED):
            yield render_template("intake/line.html", result=line, total=total)
        elif total % EVERY == 0:
            yield render_template("intake/line.html", result=None, total=total)
    yield render_template("intake/sum.html", counts=counts, error=error)
    yield tail
