"""Articles as they are stored, and verdicts on a single place."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from web.data import journal, loading, outbox
from web.data.columns import escaped
from web.data.errors import InvalidError, NotFoundError
from web.data.families import implied
from web.data.people import require
from web.data.schema import Article, Family, Person, Segment


def get(session: Session, article_id: int) -> Article:
    """An article by number. Raises `NotFoundError`."""
    article = session.get(Article, article_id)
    if article is None:
        raise NotFoundError(f"There is no article {article_id}.")
    return article


def by_key(session: Session, source_id: int, key: str) -> Article | None:
    """An article of a source by its key."""
    return session.scalars(select(Article).where(Article.source_id == source_id, Article.key == key)).first()


def segments(session: Session, article_id: int) -> list[Segment]:
    """The segments of an article in order, the notices inside each after it."""
    query = select(Segment).where(Segment.article_id == article_id).order_by(Segment.position)
    return list(session.scalars(query))


def families(session: Session, segments: Sequence[Segment]) -> dict[int, Family]:
    """The families of some segments, by number; of a wording without one, what the segment says of it."""
    ids = {segment.placed for segment in segments if segment.placed is not None}
    rows = session.scalars(select(Family).where(loading.among(session, Family.id, ids)))
    found = {family.id: family for family in rows}
    for segment in segments:
        if segment.placed is None:
            found[segment.family_id] = implied(segment, get(session, segment.article_id))
    return found


def listed(
    session: Session,
    source_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
    search: str | None = None,
) -> list[Article]:
    """Articles, the newest first: of a source, before an article, with `search` in title, key or URL."""
    query = select(Article).order_by(Article.id.desc()).limit(limit)
    if source_id is not None:
        query = query.where(Article.source_id == source_id)
    if before is not None:
        query = query.where(Article.id < before)
    if search:
        columns = (Article.title, Article.key, Article.url)
        query = query.where(or_(*(column.contains(escaped(search), autoescape=True) for column in columns)))
    return list(session.scalars(query))


def count(session: Session) -> int:
    """How many articles there are."""
    return session.scalar(select(func.count()).select_from(Article)) or 0


def set_own(session: Session, person: Person, segment_id: int, verdict: str | None) -> Segment:
    """Hide or keep a segment at this place alone; None goes back to the verdict on its family.

    It stays when the article is analysed anew, as long as the wording stays.
    """
    require(person, "moderator")
    if verdict not in ("hide", "keep", None):
        raise InvalidError("One place is hidden, kept, or as its family.")
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise NotFoundError(f"There is no segment {segment_id}: its article may have been replaced.")
    before, segment.own_verdict = segment.own_verdict, verdict
    details = {"article": segment.article_id, "verdict": verdict, "before": before}
    journal.append(session, person.name, "own", f"segment {segment_id}", details)
    outbox.tell(session, "own", {"article": segment.article_id, "segment": segment_id, "verdict": verdict})
    return segment
