"""Families: all copies of one wording, near copies included. A verdict is on a family."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from web.data import journal, nearness, placing, standing
from web.data.errors import ConflictError, InvalidError, NotFoundError
from web.data.people import require
from web.data.reading import Unit
from web.data.schema import (
    EVERYWHERE,
    UNASKED,
    Article,
    Band,
    Decision,
    Family,
    FamilyKind,
    FamilySource,
    Lease,
    Person,
    Segment,
    Wording,
)


def get(session: Session, family_id: int) -> Family:
    """A family by number; one of a wording that nobody was asked about is made up, and not stored.

    Raises `NotFoundError`.
    """
    number_ = number(session, family_id)
    family = session.get(Family, number_) if number_ is not None else _unasked(session, family_id)
    if family is None:
        raise NotFoundError(f"There is no family {family_id}: it may have been merged into another.")
    return family


def founded(session: Session, family_id: int) -> Family:
    """A family by number, stored from now on if it was not. Raises `NotFoundError`."""
    if number(session, family_id) is not None:
        return get(session, family_id)
    segment = session.get_one(Segment, family_id - UNASKED)
    family = placing.founded(session, _unit(session.get_one(Article, segment.article_id), segment))
    session.add(Wording(fingerprint=segment.fingerprint, source_id=EVERYWHERE, family_id=family.id))
    session.execute(update(Segment).where(*_unplaced(segment)).values(placed=family.id))
    recount(session, family)
    return family


def number(session: Session, family_id: int) -> int | None:
    """The number under which a family is stored, None for one that is not. Raises `NotFoundError`."""
    if family_id <= UNASKED:
        return family_id
    segment = session.get(Segment, family_id - UNASKED)
    if segment is None:
        raise NotFoundError(f"There is no family {family_id}: its article may have been replaced.")
    return segment.placed


def implied(segment: Segment, article: Article) -> Family:
    """The family that a segment of this article would found, as if it were the only copy; not stored."""
    return placing.imagined(_unit(article, segment), segment.family_id, article.source_id, article.added)


def members(
    session: Session, family_id: int, before: int | None = None, limit: int = 50
) -> list[tuple[Segment, Article]]:
    """Copies of a family with their articles, the newest first; with `before`, those before that segment."""
    stored = number(session, family_id)
    mine = (
        [Segment.placed == stored]
        if stored is not None
        else _unplaced(session.get_one(Segment, family_id - UNASKED))
    )
    query = select(Segment, Article).join(Article, Article.id == Segment.article_id)
    query = query.where(*mine).order_by(Segment.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Segment.id < before)
    return [(segment, article) for segment, article in session.execute(query)]


def split(session: Session, person: Person, segment_id: int, whole_source: bool = False) -> Family:
    """Part the wording of a segment from its family, also for copies to come.

    With `whole_source` only at the source of the segment. The new family is asked anew. Raises
    `ConflictError` where nothing would be left, `NotFoundError`, and `RefusedError` for a reader.
    """
    require(person, "moderator")
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise NotFoundError(f"There is no segment {segment_id}: its article may have been replaced.")
    article = session.get_one(Article, segment.article_id)
    old = founded(session, segment.family_id)
    moved = [Segment.placed == old.id, Segment.fingerprint == segment.fingerprint]
    if whole_source:
        moved.append(Segment.article_id.in_(select(Article.id).where(Article.source_id == article.source_id)))
    count = session.scalar(select(func.count()).select_from(Segment).where(*moved)) or 0
    if count == old.copies:
        raise ConflictError("These are all copies of the family: there is nothing to split them from.")
    new = placing.founded(session, _unit(article, segment))
    where = article.source_id if whole_source else EVERYWHERE
    session.execute(
        delete(Wording).where(Wording.fingerprint == segment.fingerprint, Wording.source_id == where)
    )
    session.add(Wording(fingerprint=segment.fingerprint, source_id=where, family_id=new.id))
    session.execute(update(Segment).where(*moved).values(placed=new.id))
    for family in (old, new):
        recount(session, family)
    nearness.make_findable(session, new)
    details = {"from": old.id, "copies": count, "source": article.source_id if whole_source else None}
    journal.append(session, person.name, "split", f"family {new.id}", details)
    return new


def merge(session: Session, person: Person, into_id: int, from_id: int) -> Family:
    """Make one family of two, with the first one's wording and the decisions on both.

    Raises `InvalidError` for one family twice.
    """
    require(person, "moderator")
    into, gone = founded(session, into_id), founded(session, from_id)
    if into is gone:
        raise InvalidError("These are one family already.")
    session.execute(update(Segment).where(Segment.placed == gone.id).values(placed=into.id))
    for table in (Wording, Decision):
        session.execute(update(table).where(table.family_id == gone.id).values(family_id=into.id))
    kept = select(Band.key).where(Band.family_id == into.id)
    session.execute(
        update(Band).where(Band.family_id == gone.id, Band.key.not_in(kept)).values(family_id=into.id)
    )
    for side in (Band, FamilySource, FamilyKind, Lease):
        session.execute(delete(side).where(side.family_id == gone.id))
    details = {"from": gone.id, "text": gone.text[:200]}
    session.execute(delete(Family).where(Family.id == gone.id))
    session.expunge(gone)
    recount(session, into)
    standing.resettle(session, into)
    journal.append(session, person.name, "merge", f"family {into.id}", details)
    return into


def recount(session: Session, family: Family) -> None:
    """Sum a family up anew from its copies."""
    session.flush()
    by_source = (
        select(Article.source_id, func.count(), func.sum(Segment.score), func.sum(Segment.chrome))
        .join(Segment, Segment.article_id == Article.id)
        .where(Segment.placed == family.id)
        .group_by(Article.source_id)
    )
    rows = session.execute(by_source).all()
    session.execute(delete(FamilySource).where(FamilySource.family_id == family.id))
    session.add_all(FamilySource(source_id=row[0], family_id=family.id, copies=row[1]) for row in rows)
    copies = sum(row[1] for row in rows)
    family.source_count = len(rows)
    score, chrome = (sum(row[i] for row in rows) / max(copies, 1) for i in (2, 3))
    for name, value in placing.ranked(family.status, family.label, score, chrome, copies).items():
        setattr(family, name, value)
    session.flush()


def _unplaced(segment: Segment) -> list[ColumnElement[bool]]:
    """The copies of a wording that has no family."""
    return [Segment.fingerprint == segment.fingerprint, Segment.placed.is_(None)]


def _unasked(session: Session, family_id: int) -> Family:
    """What would be stored of a family that is not."""
    segment = session.get_one(Segment, family_id - UNASKED)
    article = session.get_one(Article, segment.article_id)
    columns = (func.avg(Segment.score), func.avg(Segment.chrome), func.min(Article.added))
    query = select(
        func.count(), func.count(func.distinct(Article.source_id)), *columns, func.max(Article.analysed)
    )
    query = query.join(Segment, Segment.article_id == Article.id).where(*_unplaced(segment))
    copies, sources, score, chrome, first, last = session.execute(query).one()
    family = implied(segment, article)
    family.copies, family.source_count, family.score, family.chrome = copies, sources, score, chrome
    family.first_seen, family.last_seen = first, last
    return family


def _unit(article: Article, segment: Segment) -> Unit:
    return Unit(
        start=segment.start,
        end=segment.end,
        text=article.text[segment.start : segment.end],
        form=segment.form,
        label=segment.label,
        score=segment.score,
        chrome=segment.chrome,
        kinds=tuple(segment.kinds),
        fingerprint=segment.fingerprint,
        language=article.language,
    )
