"""Figures for the dashboard: the queue, the pace, and how right the detector was by the verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from web.data import clock
from web.data.errors import InvalidError
from web.data.schema import (
    WAITING,
    Article,
    Batch,
    Decision,
    Family,
    FamilyKind,
    FamilySource,
    Segment,
    Source,
)

#: 95 % of the normal distribution lie within so many standard deviations.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many families have each status, and how long those that wait have done so, in seconds.

    A wording that nobody was asked about counts as a quiet family.
    """

    length: dict[str, int]
    oldest: int | None
    median_age: int | None


@dataclass(frozen=True, slots=True)
class Precision:
    """Of `of` families that the detector took for notices, people hid `right`; `low` to `high` is 95 %."""

    name: str
    right: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Week:
    """What was taken in within a week: `share` of segments that are notices, and their mean score."""

    start: int
    articles: int
    segments: int
    notices: int
    share: float
    mean: float


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0 to 1 where nothing was seen."""
    if of <= 0:
        return 0.0, 1.0
    share = hits / of
    centre = share + Z * Z / (2 * of)
    spread = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def queue_state(session: Session) -> QueueState:
    """How long the queue is, and how old."""
    counts = select(Family.status, func.count()).group_by(Family.status)
    length = dict(session.execute(counts).all())
    wordings = select(func.count(func.distinct(Segment.fingerprint))).where(Segment.placed.is_(None))
    if unasked := session.scalar(wordings):
        length["quiet"] = length.get("quiet", 0) + unasked
    count = sum(length.get(status, 0) for status in ("open", "second", "lead"))
    if not count:
        return QueueState(length, None, None)
    seen = select(Family.first_seen).where(WAITING).order_by(Family.first_seen)
    first, middle = (session.scalar(seen.offset(at).limit(1)) or 0 for at in (0, count // 2))
    return QueueState(length, clock.now() - first, clock.now() - middle)


def decisions_per_hour(session: Session, hours: int = 48) -> list[tuple[int, int]]:
    """The start of each of the last hours, and how many families were decided in it."""
    last = clock.now() // clock.HOUR
    first = last - hours + 1
    hour = (Decision.made // clock.HOUR).label("hour")
    rows = session.execute(
        select(hour, func.count())
        .outerjoin(Batch, Batch.id == Decision.batch_id)
        .where(Decision.made >= first * clock.HOUR, Decision.undone.is_(None))
        .where(or_(Batch.id.is_(None), Batch.state == "done"))
        .group_by(hour)
    )
    counts = {int(at): n for at, n in rows}
    return [(at * clock.HOUR, counts.get(at, 0)) for at in range(first, last + 1)]


def precision(session: Session, by: str | None = None) -> list[Precision]:
    """How often people hid what the detector took for a notice: in all, or by language, kind or source.

    Each family counts once, however many copies it has.
    """
    hidden = func.sum(case((Family.verdict == "hide", 1), else_=0))
    name, query = _grouped(by)
    query = query.with_only_columns(name, hidden, func.count())
    query = query.where(Family.verdict.is_not(None), Family.label == "notice").group_by(name).order_by(name)
    found = []
    for group, right, of in session.execute(query):
        low, high = wilson(right, of)
        found.append(Precision(group or "", right, of, right / of, low, high))
    return found


def histogram(session: Session, bins: int = 20) -> list[int]:
    """How many copies there are by the score of their family, from 0 to 1 in equal steps.

    Those that nobody was asked about are in the first step.
    """
    step = cast(func.round(Family.score * bins - 0.5), Integer)
    rows = session.execute(select(step, func.sum(Family.copies)).group_by(step))
    counts = [0] * bins
    for at, copies in rows:
        counts[min(max(int(at), 0), bins - 1)] += int(copies)
    unasked = select(func.count()).select_from(Segment).where(Segment.placed.is_(None))
    counts[0] += session.scalar(unasked) or 0
    return counts


def drift(session: Session, weeks: int = 12, source_id: int | None = None) -> list[Week]:
    """What was taken in week by week, the oldest first; weeks without articles are left out."""
    since = clock.week(clock.now()) - weeks + 1
    sums = (func.sum(Article.segments), func.sum(Article.notices), func.sum(Article.score_sum))
    query = select(Article.week, func.count(), *sums).where(Article.week >= since)
    if source_id is not None:
        query = query.where(Article.source_id == source_id)
    found = []
    for week, articles, segments, notices, total in session.execute(
        query.group_by(Article.week).order_by(Article.week)
    ):
        start = week * clock.WEEK + clock.MONDAY
        of = max(int(segments), 1)
        found.append(Week(start, articles, int(segments), int(notices), int(notices) / of, total / of))
    return found


def _grouped(by: str | None) -> tuple[Any, Select[Any]]:
    """What families are grouped by, and the tables for it."""
    if by is None:
        return literal(""), select(Family.id)
    if by == "language":
        return Family.language, select(Family.id)
    if by == "kind":
        return FamilyKind.kind, select(Family.id).join(FamilyKind, FamilyKind.family_id == Family.id)
    if by == "source":
        query = select(Family.id).join(FamilySource, FamilySource.family_id == Family.id)
        return Source.name, query.join(Source, Source.id == FamilySource.source_id)
    raise InvalidError(f"Precision is by language, kind or source, not {by!r}.")
