"""The API, version 1: articles in, verdicts, clean articles out. /openapi.json describes it."""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import IO, Any, cast

from flask import Blueprint, Response, jsonify, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from detector.errors import DetectorError
from web import access, bodies, messages, problems
from web.access import needs
from web.data import articles, export, families, outbox, outcome, people, queue, sources, verdicts
from web.data.errors import InvalidError, NotFoundError
from web.data.filters import Filter
from web.data.intake import Incoming, Result, store
from web.data.outcome import Clean
from web.data.schema import Article, Family, Person
from web.data.sources import Policy
from web.messages import Message
from web.schemas import LARGEST_ID, MOST_ROWS
from web.services import database, detector

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.record_once(access.prepare)
blueprint.register_error_handler(DetectorError, problems.answer)
blueprint.register_error_handler(HTTPException, problems.answer)

_ID = f"<int(min=1, max={LARGEST_ID}):number>"
#: Rows of a page, where the caller does not say.
_ROWS = 50
#: What a page of an article may do where somebody opens it in a browser: nothing.
_NO_RIGHTS = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


@blueprint.after_request
def _not_kept(response: Response) -> Response:
    """Nothing that a token opens stays in a cache, unless its view says so."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.post("/articles")
@needs("intake")
def add_articles(person: Person) -> tuple[Response, int, dict[str, str]]:
    """Take in one article, or many; known ones are left as they are, changed ones replaced."""
    if request.mimetype not in (bodies.JSON, *bodies.LINES):
        raise UnsupportedMediaType(f"Send articles as {bodies.JSON} or {bodies.LINES[0]}.")
    data = request.get_data(cache=False)
    if request.mimetype in bodies.LINES:
        return _many(person, data.splitlines())
    given = bodies.parsed(data)
    if isinstance(given, dict) and isinstance(given.get("articles"), list) and len(given) == 1:
        return _many(person, given["articles"])
    return _one(person, given)


@blueprint.get("/articles")
@needs("read")
def list_articles(person: Person) -> Response:
    """Articles, the newest first; by source, by key, or with a word in title, key or URL."""
    before, limit = _page()
    with database().reading() as session:
        source_id = _source_id(session)
        if (key := request.args.get("key")) is not None:
            if source_id is None:
                raise InvalidError("A key is that of a source: name it by ?source=.")
            found = articles.by_key(session, source_id, key)
            rows = [found] if found else []
        else:
            rows = articles.listed(session, source_id, before, limit + 1, request.args.get("search"))
        shown = [messages.brief(row, _sources(session, rows)) for row in rows[:limit]]
    return jsonify({"articles": shown, "next": _next([row.id for row in rows], limit)})


@blueprint.get(f"/articles/{_ID}")
@needs("read")
def get_article(person: Person, number: int) -> Response:
    """An article with its segments, and what is done with each."""
    with database().reading() as session:
        row = articles.get(session, number)
        parts = outcome.parts(session, row)
        segments = articles.segments(session, number)
        return jsonify(messages.article(row, _sources(session, [row]), segments, parts))


@blueprint.get(f"/articles/{_ID}/clean")
@needs("read")
def get_clean(person: Person, number: int) -> Response:
    """An article as its readers get it, as JSON, text or HTML; 304 where the caller has it already."""
    form = request.args.get("format", "json")
    if form not in ("json", "text", "html"):
        raise InvalidError(f"Unknown format {form!r}: use json, text or html.")
    with database().reading() as session:
        found = outcome.clean(session, number)
    response = _shown(found, form)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(f"{found.etag}-{form}")
    return cast(Response, response.make_conditional(request))


@blueprint.post("/articles/clean")
@needs("read")
def get_clean_many(person: Person) -> Response:
    """Many articles as their readers get them; of those that the caller has, the id and ETag alone."""
    body = bodies.read("CleanIds")
    ids, known = list(dict.fromkeys(map(int, body["ids"]))), set(body.get("known", ()))
    found, missing = [], []
    with database().reading() as session:
        for number in ids:
            try:
                found.append(outcome.clean(session, number))
            except NotFoundError:
                missing.append(number)
    told = [
        {"id": each.article_id, "etag": each.etag} if each.etag in known else messages.clean(each)
        for each in found
    ]
    return jsonify({"articles": told, "missing": missing})


@blueprint.get(f"/families/{_ID}")
@needs("read")
def get_family(person: Person, number: int) -> Response:
    """A family: one wording with all that was decided of it."""
    with database().reading() as session:
        return jsonify(_family(session, families.get(session, number)))


@blueprint.get(f"/families/{_ID}/copies")
@needs("read")
def list_copies(person: Person, number: int) -> Response:
    """The copies of a wording, each with its article, the newest first."""
    before, limit = _page()
    with database().reading() as session:
        families.get(session, number)
        rows = families.members(session, number, before, limit + 1)
        names = _sources(session, [article for _, article in rows])
        shown = [
            {"segment": messages.segment(segment), "article": messages.brief(article, names)}
            for segment, article in rows[:limit]
        ]
    return jsonify({"copies": shown, "next": _next([segment.id for segment, _ in rows], limit)})


@blueprint.post(f"/families/{_ID}/decisions")
@needs("decide")
def decide(person: Person, number: int) -> tuple[Response, int]:
    """Hide, keep, or not sure: for all copies of a wording, those to come too."""
    body = bodies.read("Verdict")
    kinds, span = body.get("kinds"), body.get("span")
    with database().reading() as session:
        seen = families.get(session, number)
    if body["verdict"] == "hide" and kinds is None and not seen.kinds and seen.label != "chrome":
        kinds = detector().kinds(seen.text)
    place = (int(span[0]), int(span[1])) if span else None
    with database().writing() as session:
        made = verdicts.decide(session, person, number, body["verdict"], kinds, place)
        row = families.get(session, number)
        told = {"decision": messages.decision(made, _people(session)), "family": _family(session, row)}
    return jsonify(told), 201


@blueprint.get("/queue")
@needs("read")
def count_queue(person: Person) -> Response:
    """How many families of each status match a filter."""
    with database().reading() as session:
        return jsonify(queue.counts(session, _filter()))


@blueprint.get("/queue/next")
@needs("decide")
def next_card(person: Person) -> Response:
    """The card to decide next, for a while this person's alone; 204 when there is none."""
    skipped = _numbers("skip")
    with database().writing() as session:
        found = queue.take(session, person, _filter("skip"), skipped)
        if found is None:
            return Response(status=204)
        names = _sources(session, [found.article])
        return jsonify(messages.card(found, names, _people(session)))


@blueprint.post("/undo")
@needs("decide")
def undo(person: Person) -> Response:
    """Take back the caller's last decision, or bulk decision as one; again and again."""
    with database().writing() as session:
        return jsonify(messages.undone(verdicts.undo(session, person), _people(session)))


@blueprint.get("/sources")
@needs("read")
def list_sources(person: Person) -> Response:
    """All sources with their policies."""
    with database().reading() as session:
        return jsonify({"sources": [messages.source(row) for row in sources.listed(session)]})


@blueprint.get(f"/sources/{_ID}/policy")
@needs("read")
def get_policy(person: Person, number: int) -> Response:
    """What is done with the notices of a source."""
    with database().reading() as session:
        return jsonify(messages.source(sources.get(session, number)))


@blueprint.put(f"/sources/{_ID}/policy")
@needs("decide")
def set_policy(person: Person, number: int) -> Response:
    """Set what is done with the notices of a source; the caller must be a lead."""
    body = bodies.read("SourcePolicy")
    policy = Policy.read(body["policy"])
    with database().writing() as session:
        row = sources.set_policy(session, person, number, policy, body.get("threshold"))
        return jsonify(messages.source(row))


@blueprint.get("/export")
@needs("export")
def get_export(person: Person) -> Response:
    """All verdicts: JSON Lines for training, or CSV of every decision for people."""
    form = request.args.get("format", "jsonl")
    if form not in ("jsonl", "csv"):
        raise InvalidError(f"Unknown format {form!r}: use jsonl or csv.")
    media_type = bodies.LINES[0] if form == "jsonl" else "text/csv"
    headers = {"Content-Disposition": f"attachment; filename=verdicts.{form}"}
    return Response(_read(_exported(form)), headers=headers, mimetype=media_type)


@blueprint.get("/hooks")
@needs("export")
def list_hooks(person: Person) -> Response:
    """The addresses that are told of verdicts."""
    people.require(person, "lead")
    with database().reading() as session:
        return jsonify({"hooks": [messages.hook(row) for row in outbox.hooks(session)]})


@blueprint.post("/hooks")
@needs("export")
def add_hook(person: Person) -> tuple[Response, int]:
    """Have an address told of verdicts; the secret that signs messages is shown this once."""
    url = bodies.read("HookUrl")["url"]
    with database().writing() as session:
        row = outbox.add_hook(session, person, url)
        return jsonify(messages.hook(row) | {"secret": row.secret}), 201


@blueprint.delete(f"/hooks/{_ID}")
@needs("export")
def remove_hook(person: Person, number: int) -> Response:
    """Tell an address nothing more."""
    with database().writing() as session:
        outbox.remove_hook(session, person, number)
    return Response(status=204)


def _one(person: Person, given: Any) -> tuple[Response, int, dict[str, str]]:
    source, incoming = _incoming(given)
    (result,) = store(database(), detector(), [incoming], source, person.name)
    if result.state == "refused":
        raise InvalidError(result.error or "This article was refused.")
    place = {"Location": url_for("api.get_article", number=result.article_id)}
    new = result.state == "stored"
    return jsonify(messages.stored(source, result)), 201 if new else 200, place


def _many(person: Person, given: Sequence[Any]) -> tuple[Response, int, dict[str, str]]:
    """Take in articles, of each source in one go; one that is refused does not stop the others."""
    told: dict[int, Message] = {}
    wanted: dict[str, dict[int, Incoming]] = {}
    for place, one in enumerate(given):
        if isinstance(one, bytes) and not one.strip():
            continue
        try:
            source, incoming = _incoming(bodies.parsed(one) if isinstance(one, bytes) else one)
            wanted.setdefault(source, {})[place] = incoming
        except (InvalidError, BadRequest) as error:
            text = str(error) if isinstance(error, InvalidError) else error.description
            told[place] = messages.stored(None, Result("", "refused", error=text))
    for source, mine in wanted.items():
        results = store(database(), detector(), mine.values(), source, person.name)
        for place, result in zip(mine, results, strict=True):
            told[place] = messages.stored(source, result)
    rows = [told[place] for place in sorted(told)]
    return jsonify({"results": rows, "counts": Counter(row["state"] for row in rows)}), 200, {}


def _incoming(given: Any) -> tuple[str, Incoming]:
    """The source and the article that the caller describes. Raises `InvalidError`."""
    named = dict(bodies.checked(given, "Incoming"))
    source = named.pop("source", None) or request.args.get("source")
    if not source:
        raise InvalidError("An article has a source: name its publisher in it, or by ?source=.")
    return sources.checked(source), Incoming(**named)


def _shown(found: Clean, form: str) -> Response:
    if form == "json":
        return jsonify(messages.clean(found))
    text = found.text if form == "text" else found.html
    if text is None:
        raise NotFoundError("This article came as text and has no page: ask for format=text or json.")
    sort = "plain" if form == "text" else "html"
    # A lone surrogate is no character that can be sent.
    data = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    return Response(data, headers=_NO_RIGHTS, content_type=f"text/{sort}; charset=utf-8")


def _exported(form: str) -> IO[bytes]:
    """The whole export: what fails on the way is an answer of its own, never half a file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it is read
    lines = io.TextIOWrapper(file, "utf-8", newline="")
    with database().reading() as session:
        (export.write_jsonl if form == "jsonl" else export.write_csv)(session, lines)
    lines.detach()
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[bytes]:
    """A file piece by piece; afterwards it is closed, and so gone."""
    with file:
        yield from iter(partial(file.read, 1 << 16), b"")


def _family(session: Session, row: Family) -> Message:
    return messages.family(row, verdicts.history(session, row.id), _people(session))


def _sources(session: Session, rows: Iterable[Article]) -> dict[int, str]:
    """The names of the sources of some articles, by number."""
    return {number: sources.get(session, number).name for number in {row.source_id for row in rows}}


def _people(session: Session) -> dict[int, str]:
    return {person.id: person.name for person in people.everybody(session)}


def _source_id(session: Session) -> int | None:
    """The source that is asked for by name or number. Raises `NotFoundError`."""
    name = request.args.get("source")
    if name is None:
        return None
    found = sources.by_name(session, name)
    if found is None:
        raise NotFoundError(f"There is no source {name!r}.")
    return found.id


def _filter(*others: str) -> Filter:
    """The filter that the parameters make, but for others that the view reads itself."""
    return Filter.read({name: value for name, value in request.args.items() if name not in others})


def _page() -> tuple[int | None, int]:
    """Before which row a page begins, and how many rows it has."""
    cursors, limits = _numbers("cursor"), _numbers("limit")
    if any(limit > MOST_ROWS for limit in limits):
        raise InvalidError(f"A page has at most {MOST_ROWS} rows.")
    return (cursors[0] if cursors else None), (limits[0] if limits else _ROWS)


def _next(ids: Sequence[int], limit: int) -> str | None:
    """The cursor of the next page, where one row more than a page was found."""
    return str(ids[limit - 1]) if len(ids) > limit else None


def _numbers(name: str) -> list[int]:
    """The numbers that a parameter names, once or repeatedly. Raises `InvalidError`."""
    values = request.args.getlist(name)
    if len(values) > MOST_ROWS or not all(_is_number(value) for value in values):
        raise InvalidError(f"{name} is a number from 1 on, given at most {MOST_ROWS} times.")
    return [int(value) for value in values]


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 19 and 1 <= int(value) <= LARGEST_ID
