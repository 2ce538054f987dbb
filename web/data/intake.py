"""Intake: articles are analysed, stored, and their segments join families.

An article is known by its source and key: sent again it is left alone, sent changed it is replaced.
Verdicts are on families, so they outlive this; a verdict on one place is found again by its wording.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from detector import Detector, DetectorError
from detector.formats import FORMATS, rows, sort
from detector.formats import documents as read_documents
from web.data import clock, journal, placing, sources
from web.data.database import Database
from web.data.errors import DataError, InvalidError, TooLargeError
from web.data.placing import Ledger
from web.data.reading import Explain, Incoming, Reading, Unit, explainer, read
from web.data.schema import Article, Segment, Source

__all__ = ["LARGEST", "MOST", "Incoming", "Result", "documents", "reanalyse", "store", "stream"]

#: An article of more characters, or of more segments, is refused.
LARGEST, MOST = 5_000_000, 20_000
#: A batch ends at so many articles or so many characters.
BATCH, BATCH_SIZE = 64, 1_000_000
#: The number, digest and model of an article that is there.
Known: TypeAlias = tuple[int, str, str]
#: Verdicts on single places, by article and wording.
Own: TypeAlias = dict[tuple[int, str], str]
LONGEST = {"key": 300, "title": 1000, "url": 2000}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an article: stored, unchanged, replaced, or refused with the reason."""

    key: str
    state: str
    article_id: int | None = None
    error: str | None = None


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
    explain = explainer(detector)
    for batch in _batches(incoming):
        yield from _stored(database, detector, explain, batch, source, who)


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
            results = _stored(database, detector, explain, articles, name, who)
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
    """Articles in batches; no key is twice in one."""
    batch: list[Incoming] = []
    names: set[str] = set()
    size = 0
    for article in incoming:
        full = len(batch) == BATCH or size + len(article.text) > BATCH_SIZE
        if batch and (full or article.name in names):
            yield batch
            batch, names, size = [], set(), 0
        batch.append(article)
        names.add(article.name)
        size += len(article.text)
    if batch:
        yield batch


def _stored(
    database: Database, detector: Detector, explain: Explain, batch: Sequence[Incoming], source: str, who: str
) -> list[Result]:
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
    readings = _read(
        detector, explain, [article for article in wanted if article.name not in results], results
    )
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
    kept = [_article(session, source.id, reading, known) for reading in readings]
    session.flush()
    placed = iter(ledger.place(source.id, [unit for reading in readings for unit in reading.units]))
    ledger.write()
    rows = [
        _segment(article.id, position, unit, next(placed), own)
        for article, reading in zip(kept, readings, strict=True)
        for position, unit in enumerate(reading.units)
    ]
    if rows:
        session.connection().execute(insert(Segment), rows)
    details = {"stored": len(kept) - len(known), "replaced": len(known), "model": readings[0].model}
    journal.append(session, who, "intake", f"source {source.id}", details)
    return {a.key: Result(a.key, "replaced" if a.key in known else "stored", a.id) for a in kept}


def _cleared(session: Session, source_id: int, ids: Sequence[int], ledger: Ledger) -> Own:
    """Take the segments of articles away; returns the verdicts on single places."""
    columns = (Segment.family_id, Segment.score, Segment.chrome)
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


def _article(session: Session, source_id: int, reading: Reading, known: Mapping[str, Known]) -> Article:
    """The row of an article, new or with what is new; it gets its number at the next flush."""
    now = clock.now()
    incoming = reading.incoming
    old = known.get(incoming.name)
    if old is None:
        article = Article(source_id=source_id, key=incoming.name, added=now)
        session.add(article)
    else:
        article = session.get_one(Article, old[0])
    article.title, article.url, article.digest = incoming.title, incoming.url, incoming.digest
    article.format, article.text, article.language = reading.format, reading.text, reading.language
    article.html = incoming.text if reading.format == "html" else None
    article.model, article.legal_page = reading.model, reading.legal_page
    article.analysed, article.week = now, clock.week(now)
    segments = [unit for unit in reading.units if unit.parent is None]
    article.segments = len(segments)
    article.notices = sum(unit.label == "notice" for unit in segments)
    article.score_sum = sum(unit.score for unit in segments)
    return article


def _segment(article_id: int, position: int, unit: Unit, family_id: int, own: Own) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "parent": unit.parent,
        "position": position,
        "start": unit.start,
        "end": unit.end,
        "form": unit.form,
        "label": unit.label,
        "score": unit.score,
        "chrome": unit.chrome,
        "kinds": list(unit.kinds),
        "evidence": None if unit.evidence is None else [list(word) for word in unit.evidence],
        "fingerprint": unit.fingerprint,
        "family_id": family_id,
        "xpath": unit.xpath,
        "line": unit.line,
        "own_verdict": own.get((article_id, unit.fingerprint)),
    }


def _again(article: Article) -> Incoming:
    text = article.text if article.html is None else article.html
    return Incoming(text, article.key, article.format, article.title, article.url, article.digest)
