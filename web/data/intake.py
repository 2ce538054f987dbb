"""Intake: articles are analysed, stored, and their segments join families.

An article is known by its source and key: sent again it is left alone, sent changed it is replaced.
Verdicts are on families, so they outlive this; a verdict on one place is found again by its wording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from detector import Detector, DetectorError
from detector.formats import FORMATS, rows, sort
from detector.formats import documents as read_documents
from web.data import clock, journal, loading, placing, sources
from web.data.database import Database
from web.data.errors import DataError, InvalidError, TooLargeError
from web.data.loading import load
from web.data.placing import Ledger
from web.data.reading import Explain, Incoming, Reading, Unit, explainer, read
from web.data.schema import Article, Base, Segment, Source

__all__ = ["LARGEST", "MOST", "Incoming", "Result", "documents", "reanalyse", "store", "stream"]

#: An article of more characters, or of more segments, is refused.
LARGEST, MOST = 5_000_000, 20_000
#: A batch ends at so many articles or so many characters.
BATCH, BATCH_SIZE = 256, 1_000_000
#: The number, digest and model of an article that is there.
Known: TypeAlias = tuple[int, str, str]
#: Verdicts on single places, by article and wording.
Own: TypeAlias = dict[tuple[int, str], str]
_ARTICLE, _SEGMENT = (Base.metadata.tables[name] for name in ("article", "segment"))
#: What is written of an article each time that it is analysed, and of a segment.
_TOLD = (
    "title",
    "url",
    "digest",
    "format",
    "text",
    "language",
    "html",
    "model",
    "legal_page",
    "analysed",
    "week",
    "segments",
    "notices",
    "score_sum",
)
_SEGMENTS = (
    "article_id",
    "parent",
    "position",
    "start",
    "end",
    "form",
    "label",
    "score",
    "chrome",
    "kinds",
    "evidence",
    "fingerprint",
    "family_id",
    "xpath",
    "line",
    "own_verdict",
)
LONGEST = {"key": 300, "title": 1000, "url": 2000}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an article: stored, unchanged, replaced, or refused with the reason."""

    key: str
    state: str
    article_id: int | None = None
    error: str | None = None


#: What was read of a batch, and what became of the articles that were not.
Analysed: TypeAlias = tuple[list[Reading], dict[str, Result]]


def store(
    database: Database, detector: Detector, incoming: Iterable[Incoming], source: str, who: str
) -> list[Result]:
    """Take in articles of a source; one that is refused does not stop the others. See `stream`."""
    return list(stream(database, detector, incoming, source, who))


def stream(
    database: Database, detector: Detector, incoming: Iterable[Incoming], source: str, who: str
) -> Iterator[Result]:
    """`store`, with each result as soon as it is safe. Raises `InvalidError` for a bad name of a source.

    Each batch is one transaction, so whoever stops this may start it again. Raises `DataError` where
    the database fails.
    """
    source = sources.checked(source)
    analyse = partial(_analysed, database, detector, explainer(detector), source)
    pending: list[Future[list[Result]]] = []
    names: set[str] = set()
    with ThreadPoolExecutor(1) as writer:  # the database works while the next batch is analysed
        try:
            for batch in _batches(incoming):
                before, names = names, {article.name for article in batch}
                if names & before:  # whether these have changed shows when those are written
                    yield from _results(pending)
                analysed = analyse(batch)
                yield from _results(pending)
                pending.append(writer.submit(_stored, database, batch, analysed, source, who))
        finally:
            yield from _results(pending)


def reanalyse(database: Database, detector: Detector, who: str) -> int:
    """Analyse anew all articles that another model has analysed; returns how many."""
    total = 0
    explain = explainer(detector)
    while True:
        with database.reading() as session:
            query = select(Article, Source.name).join(Source, Source.id == Article.source_id)
            old = query.where(Article.model != detector.model.name).order_by(Article.id).limit(BATCH)
            found = session.execute(old).all()
        if not found:
            return total
        by_source: dict[str, list[Incoming]] = defaultdict(list)
        for article, name in found:
            by_source[name].append(_again(article))
        for name, articles in by_source.items():
            read = _analysed(database, detector, explain, name, articles)
            results = _stored(database, articles, read, name, who)
            if failed := [result for result in results if result.state == "refused"]:
                raise DataError(f"{failed[0].key} cannot be analysed anew: {failed[0].error}")
        total += len(found)


def documents(data: bytes, name: str, format: str = "auto") -> Iterator[Incoming]:
    """The articles of a file: text, Markdown, HTML, a feed, or JSON Lines with text and maybe id, title, url.

    Raises `InputError` and `FormatError` as `detector.formats.documents` does.
    """
    if format not in FORMATS:
        raise InvalidError(f"Unknown format {format!r}: use one of {', '.join(FORMATS)}.")
    kind = sort(data, name, format)
    if kind == "jsonl":
        for row in rows(data, name, "text"):
            given = {
                to: row.values.get(key) for to, key in (("key", "id"), ("title", "title"), ("url", "url"))
            }
            told = {to: str(value) for to, value in given.items() if value is not None}
            yield Incoming(row.text, format="auto", **told)
    else:
        for document in read_documents(data, name, kind):
            yield Incoming(document.text, document.source, document.format)


def _batches(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Articles in batches; no key is twice in one. Where the source breaks off, what came before is one."""
    batch: list[Incoming] = []
    names: set[str] = set()
    size = 0
    try:
        for article in incoming:
            full = len(batch) == BATCH or size + len(article.text) > BATCH_SIZE
            if batch and (full or article.name in names):
                done, batch, names, size = batch, [], set(), 0
                yield done
            batch.append(article)
            names.add(article.name)
            size += len(article.text)
    finally:
        if batch:
            yield batch


def _results(pending: list[Future[list[Result]]]) -> Iterator[Result]:
    """What became of the articles of each batch, when it is written."""
    while pending:
        yield from pending.pop(0).result()


def _analysed(
    database: Database, detector: Detector, explain: Explain, source: str, batch: Sequence[Incoming]
) -> Analysed:
    """Readings of the articles that are new or changed, and the results of the others by name."""
    results: dict[str, Result] = {}
    for article in batch:
        if fault := _fault(article):
            results[article.name] = Result(article.name[:300], "refused", error=fault)
    wanted = [article for article in batch if article.name not in results]
    with database.reading() as session:
        found = sources.by_name(session, source)
        known = _known(session, found.id, wanted) if found else {}
    for article in wanted:
        row = known.get(article.name)
        if row and row[1:] == (article.digest, detector.model.name):
            results[article.name] = Result(article.name, "unchanged", row[0])
    fresh = [article for article in wanted if article.name not in results]
    return _read(detector, explain, fresh, results), results


def _stored(
    database: Database, batch: Sequence[Incoming], analysed: Analysed, source: str, who: str
) -> list[Result]:
    """Write what was analysed of a batch; returns the results of all of it."""
    readings, results = analysed
    if readings:
        with database.writing() as session:
            results |= _write(session, readings, source, who)
    return [results[article.name] for article in batch]


def _fault(article: Incoming) -> str | None:
    """Why an article is refused before it is looked at."""
    try:
        _check_size(len(article.text), LARGEST, "characters")
    except TooLargeError as error:
        return str(error)
    if not article.text.strip():
        return "There is no text in it: send the text of the article."
    for name, longest in LONGEST.items():
        if len(getattr(article, name) or "") > longest:
            return f"Its {name} has more than {longest:,} characters: shorten it."
    return None


def _check_size(size: int, most: int, what: str) -> None:
    if size > most:
        raise TooLargeError(
            f"An article has at most {most:,} {what}, this one has {size:,}: send it in parts."
        )


def _known(session: Session, source_id: int, articles: Sequence[Incoming]) -> dict[str, Known]:
    """The articles that are there, by key."""
    names = [article.name for article in articles]
    query = select(Article.key, Article.id, Article.digest, Article.model)
    rows = session.execute(query.where(Article.source_id == source_id, Article.key.in_(names)))
    return {key: (number, digest, model) for key, number, digest, model in rows}


def _read(
    detector: Detector, explain: Explain, articles: Sequence[Incoming], results: dict[str, Result]
) -> list[Reading]:
    """Readings of articles, together; where one cannot be read, one by one, and `results` says why."""
    try:
        readings = read(detector, articles, explain)
    except DetectorError:
        if len(articles) > 1:
            return [
                reading for article in articles for reading in _read(detector, explain, [article], results)
            ]
        readings = []
        try:
            read(detector, articles, explain)
        except DetectorError as error:
            results[articles[0].name] = Result(articles[0].name, "refused", error=str(error))
    kept = []
    for reading in readings:
        try:
            _check_size(len(reading.units), MOST, "segments")
            kept.append(reading)
        except TooLargeError as error:
            results[reading.incoming.name] = Result(reading.incoming.name, "refused", error=str(error))
    return kept


def _write(session: Session, readings: Sequence[Reading], name: str, who: str) -> dict[str, Result]:
    source = sources.ensure(session, name)
    known = _known(session, source.id, [reading.incoming for reading in readings])
    ledger = placing.Ledger(session)
    own = _cleared(session, source.id, [number for number, *_ in known.values()], ledger)
    numbers = _articles(session, source.id, readings, known)
    places = iter(ledger.place(source.id, [unit for reading in readings for unit in reading.units]))
    ledger.write()
    rows = [
        _segment(number, position, unit, next(places), own)
        for number, reading in zip(numbers, readings, strict=True)
        for position, unit in enumerate(reading.units)
    ]
    load(session, _SEGMENT, _SEGMENTS, rows)
    details = {"stored": len(numbers) - len(known), "replaced": len(known), "model": readings[0].model}
    journal.append(session, who, "intake", f"source {source.id}", details)
    keys = [reading.incoming.name for reading in readings]
    states = ["replaced" if key in known else "stored" for key in keys]
    return {told[0]: Result(*told) for told in zip(keys, states, numbers, strict=True)}


def _cleared(session: Session, source_id: int, ids: Sequence[int], ledger: Ledger) -> Own:
    """Take the segments of articles away; returns the verdicts on single places."""
    columns = (Segment.placed, Segment.score, Segment.chrome)
    own: Own = {}
    query = select(Segment.article_id, Segment.fingerprint, Segment.own_verdict, *columns)
    for article_id, fingerprint, verdict, family_id, score, chrome in session.execute(
        query.where(Segment.article_id.in_(ids))
    ):
        ledger.leave(family_id, source_id, score, chrome)
        if verdict:
            own[article_id, fingerprint] = verdict
    session.execute(delete(Segment).where(Segment.article_id.in_(ids)))
    return own


def _articles(
    session: Session, source_id: int, readings: Sequence[Reading], known: Mapping[str, Known]
) -> list[int]:
    """Write the rows of articles, new or with what is new; returns their numbers."""
    now = clock.now()
    new = [reading for reading in readings if reading.incoming.name not in known]
    drawn = dict(
        zip((r.incoming.name for r in new), loading.numbers(session, "article", len(new)), strict=True)
    )
    rows = [(drawn[r.incoming.name], source_id, r.incoming.name, now, *_told(r, now)) for r in new]
    load(session, _ARTICLE, ("id", "source_id", "key", "added", *_TOLD), rows)
    changed = [reading for reading in readings if reading.incoming.name in known]
    for reading in changed:
        row = update(Article).where(Article.id == known[reading.incoming.name][0])
        session.execute(row.values(dict(zip(_TOLD, _told(reading, now), strict=True))))
    return [drawn[key] if key in drawn else known[key][0] for key in (r.incoming.name for r in readings)]


def _told(reading: Reading, now: int) -> tuple[Any, ...]:
    """The columns `_TOLD` of an article."""
    incoming = reading.incoming
    segments = [unit for unit in reading.units if unit.parent is None]
    return (
        incoming.title,
        incoming.url,
        incoming.digest,
        reading.format,
        reading.text,
        reading.language,
        incoming.text if reading.format == "html" else None,
        reading.model,
        reading.legal_page,
        now,
        clock.week(now),
        len(segments),
        sum(unit.label == "notice" for unit in segments),
        sum(unit.score for unit in segments),
    )


def _segment(article_id: int, position: int, unit: Unit, family_id: int | None, own: Own) -> tuple[Any, ...]:
    """The columns `_SEGMENTS` of a segment."""
    start, end, _, form, label, score, chrome, kinds, fingerprint, evidence, parent, xpath, line, _ = unit
    verdict = own.get((article_id, fingerprint)) if own else None
    described = (article_id, parent, position, start, end, form, label, score, chrome, kinds, evidence)
    return (*described, fingerprint, family_id, xpath, line, verdict)


def _again(article: Article) -> Incoming:
    text = article.text if article.html is None else article.html
    return Incoming(text, article.key, article.format, article.title, article.url, article.digest)
