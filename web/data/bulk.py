"""One verdict on all that matches a filter: in small steps that a kill does not lose, in force at once.

The decisions are written in steps and do not count while the batch is running; one last transaction
puts them all in force. So readers see none of it or all of it, and after a kill it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from detector.families import sketch
from web.data import clock, journal, nearness, outbox, standing
from web.data.database import Database
from web.data.errors import ConflictError, InvalidError, NotFoundError
from web.data.filters import Filter, conditions
from web.data.loading import load
from web.data.people import require
from web.data.schema import Base, Batch, Decision, Family, FamilyKind, Person
from web.data.settlement import settled

#: How many families a step decides.
STEP = 500
_KIND = Base.metadata.tables["family_kind"]


@dataclass(frozen=True, slots=True)
class Preview:
    """How many families match, and some of them, the most weighty first."""

    count: int
    sample: tuple[Family, ...]


def preview(session: Session, filter: Filter, sample: int = 10) -> Preview:
    """What a bulk verdict would reach. What waits for a lead is reached only where the filter says so."""
    wanted = _wanted(session, filter)
    count = session.scalar(select(func.count()).select_from(Family).where(*wanted)) or 0
    rows = session.scalars(select(Family).where(*wanted).order_by(Family.priority.desc()).limit(sample))
    return Preview(count, tuple(rows))


def start(
    session: Session,
    person: Person,
    filter: Filter,
    verdict: str,
    kinds: Sequence[str] | None = None,
    expected: int | None = None,
) -> Batch:
    """Write down a bulk verdict; `run` carries it out. Raises `ConflictError` unless `expected` match."""
    require(person, "lead" if filter.status == "lead" else "moderator")
    standing.check(verdict, kinds)
    if verdict == "unsure":
        raise InvalidError("A bulk verdict is hide or keep.")
    count = preview(session, filter, 0).count
    if expected is not None and count != expected:
        raise ConflictError(f"Now {count:,} match, not {expected:,}: look at them again.")
    last = session.scalar(select(func.max(Family.id))) or 0
    batch = Batch(
        person_id=person.id,
        filter=filter.to_dict(),
        verdict=verdict,
        kinds=None if kinds is None else list(kinds),
        total=count,
        done=0,
        cursor=0,
        last=last,
        state="running",
        made=clock.now(),
    )
    session.add(batch)
    session.flush()
    details = {"filter": batch.filter, "verdict": verdict, "kinds": batch.kinds, "total": count}
    journal.append(session, person.name, "bulk", f"batch {batch.id}", details)
    return batch


def run(database: Database, batch_id: int) -> Batch:
    """Carry a bulk verdict out, or go on with it. Does nothing to one that is done or was taken back."""
    while True:
        with database.writing() as session:
            batch = get(session, batch_id)
            if batch.state != "running":
                return batch
            if not _step(session, batch):
                _finish(session, batch)
                return batch


def unfinished(session: Session) -> list[Batch]:
    """Bulk verdicts that are not carried out yet."""
    return list(session.scalars(select(Batch).where(Batch.state == "running").order_by(Batch.id)))


def resume(database: Database) -> int:
    """Finish what a kill has left; returns how many there were. Call it at the start."""
    with database.reading() as session:
        batches = unfinished(session)
    for batch in batches:
        run(database, batch.id)
    return len(batches)


def undo_batch(session: Session, person: Person, batch_id: int) -> Batch:
    """Take a bulk verdict back, as one: one's own, or as a lead anybody's. A running one stops."""
    require(person, "moderator")
    batch = get(session, batch_id)
    if batch.person_id != person.id and person.role != "lead":
        raise NotFoundError(f"There is no batch {batch_id} of yours.")
    if batch.state == "undone":
        raise ConflictError("This was taken back already.")
    in_force = batch.state == "done"
    batch.state = "undone"
    standing = update(Decision).where(Decision.batch_id == batch_id, Decision.undone.is_(None))
    session.execute(standing.values(undone=clock.now()))
    if in_force:
        _settle(session, batch)
    journal.append(session, person.name, "undo", f"batch {batch_id}", {"done": batch.done})
    return batch


def get(session: Session, batch_id: int) -> Batch:
    """A bulk verdict by number. Raises `NotFoundError`."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        raise NotFoundError(f"There is no batch {batch_id}.")
    return batch


def _wanted(session: Session, filter: Filter) -> list[Any]:
    wanted: list[Any] = conditions(filter, session)
    return wanted if filter.status else [*wanted, Family.status.in_(("open", "second"))]


def _step(session: Session, batch: Batch) -> int:
    """Write the next decisions; returns how many."""
    role = session.get_one(Person, batch.person_id).role
    beyond = (Family.id > batch.cursor, Family.id <= batch.last)
    wanted = select(Family.id).where(*_wanted(session, Filter.read(batch.filter)), *beyond)
    ids = session.scalars(wanted.order_by(Family.id).limit(STEP)).all()
    rows = [
        {
            "batch_id": batch.id,
            "family_id": family_id,
            "person_id": batch.person_id,
            "role": role,
            "verdict": batch.verdict,
            "kinds": batch.kinds,
            "span": None,
            "made": clock.now(),
            "undone": None,
        }
        for family_id in ids
    ]
    if rows:
        session.execute(insert(Decision), rows)
        batch.cursor, batch.done = ids[-1], batch.done + len(ids)
        _make_findable(session, ids)
    return len(ids)


def _make_findable(session: Session, ids: Sequence[int]) -> None:
    """Let near copies find families that are asked of nobody, which they do not by themselves."""
    quiet = select(Family.id, Family.text).where(Family.id.in_(ids), Family.base == "quiet")
    nearness.index(session, {number: sketch(text) for number, text in session.execute(quiet)})


def _finish(session: Session, batch: Batch) -> None:
    batch.state = "done"
    session.flush()
    _settle(session, batch)
    who = session.get_one(Person, batch.person_id).name
    journal.append(session, who, "bulk-done", f"batch {batch.id}", {"done": batch.done})


def _settle(session: Session, batch: Batch) -> None:
    """Bring the families of a batch up to date with their decisions: all at once, then those with others.

    Others wait meanwhile, so the first is done in few statements, however many families there are.
    """
    own = select(Decision.family_id).where(Decision.batch_id == batch.id)
    if batch.state == "done":
        own = own.where(Decision.undone.is_(None))
    other = aliased(Decision)
    others = select(other.id).where(
        other.family_id == Decision.family_id,
        other.batch_id.is_distinct_from(batch.id),
        other.undone.is_(None),
    )
    alone = own.where(~others.exists())
    given = ("settled", batch.verdict, batch.kinds) if batch.state == "done" else (Family.base, None, None)
    values = dict(zip(("status", "verdict", "verdict_kinds"), given, strict=True))
    if batch.kinds is not None:
        _name_kinds(session, alone, given[2])
    at_once = update(Family).where(Family.id.in_(alone)).values(values | {"span": None})
    session.execute(at_once.execution_options(synchronize_session=False))
    session.expire_all()
    _settle_each(session, own.where(others.exists()))
    told = {"batch": batch.id, "verdict": batch.verdict, "state": batch.state, "families": batch.done}
    outbox.tell(session, "batch", told)


def _name_kinds(session: Session, families: Select[Any], kinds: Sequence[str] | None) -> None:
    """Make families found by these kinds, or by those that the detector sees."""
    wrong = delete(FamilyKind).where(FamilyKind.family_id.in_(families))
    if kinds is not None:
        named = families.subquery().c[0]
        session.execute(wrong.where(FamilyKind.kind.not_in(kinds)))
        for kind in dict.fromkeys(kinds):
            there = select(FamilyKind.kind).where(FamilyKind.kind == kind, FamilyKind.family_id == named)
            new = select(literal(kind, FamilyKind.kind.type), named).where(~there.exists()).distinct()
            session.execute(insert(FamilyKind).from_select(["kind", "family_id"], new))
        return
    session.execute(wrong)
    seen = select(Family.id, Family.kinds).where(Family.id.in_(families))
    rows = [(kind, number) for number, found in session.execute(seen) for kind in dict.fromkeys(found)]
    load(session, _KIND, ("kind", "family_id"), rows)


def _settle_each(session: Session, wanted: Select[Any]) -> None:
    columns = (Family.id, Family.base, Family.status, Family.verdict, Family.verdict_kinds, Family.span)
    for ids in nearness.parts(sorted({row[0] for row in session.execute(wanted)})):
        said = standing.opinions(session, ids)
        for row in session.execute(select(*columns).where(Family.id.in_(ids))).all():
            found = settled(said[row.id], row.base)
            kinds, span = (None if part is None else list(part) for part in (found.kinds, found.span))
            if (found.status, found.verdict, kinds, span) != tuple(row[2:]):
                standing.write(session, session.get_one(Family, row.id, populate_existing=True), found)
