"""The queue: which card a person gets next, and that nobody else gets it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from web.data import clock, families
from web.data.errors import ConflictError, NotFoundError
from web.data.filters import Filter, conditions
from web.data.people import require
from web.data.schema import OPEN, Article, Batch, Decision, Family, Lease, Person, Segment

#: A card is with a person for so long, in seconds.
LEASE = 300
#: Every so many cards comes from the languages and kinds in turn, so that rare ones are not starved.
SHARE = 5
#: How many neighbours are shown before and after a segment.
AROUND = 3
#: What is asked of families.
Wanted: TypeAlias = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Card:
    """A family to decide, in the article of one of its copies.

    `text` is that copy, `before` and `after` its neighbours in the article, `until` when the lease
    ends, `decisions` what others have said.
    """

    family: Family
    segment: Segment
    article: Article
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]
    text: str
    until: int
    decisions: tuple[Decision, ...]


def take(
    session: Session, person: Person, filter: Filter | None = None, skipped: Sequence[int] = ()
) -> Card | None:
    """The card that a person still holds, or the next one, now leased to him; None when there is none.

    `skipped` are families that he does not want now. Without a status in the filter, leads get what
    waits for a lead first, and all what waits for a second person before what nobody has seen.
    """
    require(person, "moderator")
    filter = filter or Filter()
    wanted = conditions(filter, session)
    held = _held(session, person, filter.status, wanted, skipped)
    if held is None:
        release(session, person)
        turn = session.get_one(Person, person.id)
        turn.cards = turn.cards + 1
        held = _next(session, person, filter.status, wanted, skipped, turn.cards)
    return _card(session, person, held) if held is not None else None


def card(session: Session, person: Person, family_id: int) -> Card:
    """The card of a family, leased to this person. Raises `ConflictError` while somebody else has it."""
    require(person, "moderator")
    family_id = families.founded(session, family_id).id
    if not _lease(session, person, family_id):
        raise ConflictError(
            "Somebody else is deciding on this now: take the next one, or wait a few minutes."
        )
    return _card(session, person, family_id)


def release(session: Session, person: Person, family_id: int | None = None) -> None:
    """Give back one card, or all that a person holds."""
    mine = delete(Lease).where(Lease.person_id == person.id)
    session.execute(mine if family_id is None else mine.where(Lease.family_id == family_id))


def counts(session: Session, filter: Filter | None = None) -> dict[str, int]:
    """How many families of each status match a filter."""
    wanted = conditions(replace(filter or Filter(), status=None))
    query = select(Family.status, func.count()).where(*wanted).group_by(Family.status)
    return dict(session.execute(query).all())


def languages(session: Session) -> list[str]:
    """The languages of families, in order."""
    return _values(session, Family.language, ())


def holder(session: Session, family_id: int) -> int | None:
    """The person who holds a card now."""
    query = select(Lease.person_id).where(Lease.family_id == family_id, Lease.until > clock.now())
    return session.scalar(query)


def _held(
    session: Session, person: Person, status: str | None, wanted: Wanted, skipped: Sequence[int]
) -> int | None:
    query = select(Family.id).join(Lease, Lease.family_id == Family.id)
    mine = (Lease.person_id == person.id, Lease.until > clock.now(), Family.id.not_in(skipped))
    statuses = [status] if status else _statuses(person)
    query = query.where(*mine, Family.status.in_(statuses), *wanted)
    held = session.scalar(query.order_by(Lease.until.desc()).limit(1))
    return held if held is not None and _lease(session, person, held) else None


def _next(
    session: Session, person: Person, only: str | None, wanted: Wanted, skipped: Sequence[int], turn: int
) -> int | None:
    """The next card, leased."""
    for status in [only] if only else _statuses(person):
        free = [Family.status == status, *wanted, *_free(person, skipped)]
        found = _rare(session, free, turn // SHARE) if turn % SHARE == 0 and status == "open" else None
        if found is None:
            found = session.scalar(select(Family.id).where(*free).order_by(*_ORDER).limit(1))
        if found is not None and _lease(session, person, found):
            return found
    return None


_ORDER = (Family.priority.desc(), Family.id)


def _statuses(person: Person) -> list[str]:
    return ["lead", "second", "open"] if person.role == "lead" else ["second", "open"]


def _free(person: Person, skipped: Sequence[int]) -> list[ColumnElement[bool]]:
    """Families that nobody else holds and this person has not answered."""
    leased = select(Lease.family_id).where(
        Lease.family_id == Family.id, Lease.until > clock.now(), Lease.person_id != person.id
    )
    answered = select(Decision.id).where(
        Decision.family_id == Family.id, Decision.person_id == person.id, Decision.undone.is_(None)
    )
    free = [~leased.exists(), or_(Family.status == "settled", ~answered.exists())]
    return [*free, Family.id.not_in(skipped)] if skipped else free


def _rare(session: Session, free: Wanted, turn: int) -> int | None:
    """The best open card of a language or kind, each in its turn."""
    strata: list[tuple[InstrumentedAttribute[Any], str]] = []
    for column in (Family.language, Family.kind):
        strata += [(column, value) for value in _values(session, column, (OPEN,))]
    if not strata:
        return None
    column, value = strata[turn % len(strata)]
    return session.scalar(select(Family.id).where(OPEN, column == value, *free).order_by(*_ORDER).limit(1))


def _values(session: Session, column: InstrumentedAttribute[Any], among: Wanted) -> list[str]:
    """The different values of a column, each by one look into its index."""
    found: list[str] = []
    while True:
        query = select(func.min(column)).where(*among, column > (found[-1] if found else ""))
        value = session.scalar(query)
        if value is None:
            return found
        found.append(value)


def _lease(session: Session, person: Person, family_id: int) -> bool:
    """Take or renew a lease in one statement, of which one of two people wins."""
    now = clock.now()
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    wanted = make(Lease).values(family_id=family_id, person_id=person.id, until=now + LEASE)
    taken = wanted.on_conflict_do_update(
        index_elements=[Lease.family_id],
        set_={"person_id": person.id, "until": now + LEASE},
        where=or_(Lease.person_id == person.id, Lease.until <= now),
    )
    return session.scalar(taken.returning(Lease.family_id)) is not None


def _card(session: Session, person: Person, family_id: int) -> Card:
    family = families.get(session, family_id)
    query = select(Segment, Article).join(Article, Article.id == Segment.article_id)
    row = session.execute(query.where(Segment.placed == family_id).order_by(Segment.id).limit(1)).first()
    if row is None:
        raise NotFoundError("No article has this wording any more: take the next card.")
    segment, article = row
    others = select(Decision).outerjoin(Batch, Batch.id == Decision.batch_id)
    others = others.where(Decision.family_id == family_id, Decision.person_id != person.id)
    others = others.where(Decision.undone.is_(None), or_(Batch.id.is_(None), Batch.state == "done"))
    lease = session.get_one(Lease, family_id, populate_existing=True)
    return Card(
        family=family,
        segment=segment,
        article=article,
        before=_neighbours(session, segment, before=True),
        after=_neighbours(session, segment, before=False),
        text=article.text[segment.start : segment.end],
        until=lease.until,
        decisions=tuple(session.scalars(others.order_by(Decision.id))),
    )


def _neighbours(session: Session, segment: Segment, before: bool) -> tuple[Segment, ...]:
    """Segments before or after one, in order; a notice inside a segment has that segment's."""
    at = segment.position if segment.parent is None else segment.parent
    query = select(Segment).where(Segment.article_id == segment.article_id, Segment.parent.is_(None))
    if before:
        rows = session.scalars(
            query.where(Segment.position < at).order_by(Segment.position.desc()).limit(AROUND)
        )
        return tuple(reversed(rows.all()))
    return tuple(session.scalars(query.where(Segment.position > at).order_by(Segment.position).limit(AROUND)))
