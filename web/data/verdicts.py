"""Verdicts: what people decide on families, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from web.data import bulk, clock, families, journal, nearness, queue, standing
from web.data.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from web.data.people import require
from web.data.schema import Batch, Decision, Family, Lease, Person


def decide(
    session: Session,
    person: Person,
    family_id: int,
    verdict: str,
    kinds: Sequence[str] | None = None,
    span: tuple[int, int] | None = None,
) -> Decision:
    """Say hide, keep or unsure of a family; `kinds` and `span` (characters of its text) mend the detector's.

    Raises `ConflictError` while somebody else holds the card or what waits for a lead is not a lead's,
    `InvalidError`, `NotFoundError`, and `RefusedError` for a reader.
    """
    require(person, "moderator")
    standing.check(verdict, kinds)
    family = families.founded(session, family_id)
    family_id = family.id
    _check_span(family, verdict, span)
    held = queue.holder(session, family_id)
    if held is not None and held != person.id:
        raise ConflictError(
            "Somebody else is deciding on this now: take the next one, or wait a few minutes."
        )
    if family.status == "lead" and person.role != "lead":
        raise RefusedError("This waits for a lead: take the next one.")
    decision = Decision(
        family_id=family_id,
        person_id=person.id,
        role=person.role,
        verdict=verdict,
        kinds=None if kinds is None else list(dict.fromkeys(kinds)),
        span=None if span is None else list(span),
        made=clock.now(),
    )
    session.add(decision)
    session.execute(delete(Lease).where(Lease.family_id == family_id))
    nearness.make_findable(session, family)
    standing.resettle(session, family)
    details = {"verdict": verdict, "kinds": decision.kinds, "span": decision.span, "decision": decision.id}
    journal.append(session, person.name, "decide", f"family {family_id}", details)
    return decision


def undo(session: Session, person: Person) -> Decision | Batch | None:
    """Take back the last act of a person that stands, a bulk verdict as one; None without any."""
    last = select(Decision).where(Decision.person_id == person.id, Decision.undone.is_(None))
    decision = session.scalars(last.order_by(Decision.id.desc()).limit(1)).first()
    if decision is None:
        return None
    if decision.batch_id is not None:
        return bulk.undo_batch(session, person, decision.batch_id)
    return undo_decision(session, person, decision.id)


def undo_decision(session: Session, person: Person, decision_id: int) -> Decision:
    """Take back a decision: one's own, or as a lead anybody's. Raises `NotFoundError`, `ConflictError`."""
    require(person, "moderator")
    decision = session.get(Decision, decision_id)
    if decision is None or (decision.person_id != person.id and person.role != "lead"):
        raise NotFoundError(f"There is no decision {decision_id} of yours.")
    if decision.undone is not None:
        raise ConflictError("This was taken back already.")
    decision.undone = clock.now()
    standing.resettle(session, families.get(session, decision.family_id))
    journal.append(session, person.name, "undo", f"family {decision.family_id}", {"decision": decision.id})
    return decision


def history(session: Session, family_id: int) -> list[Decision]:
    """All decisions on a family, also those taken back, the newest first."""
    query = select(Decision).where(Decision.family_id == families.number(session, family_id))
    return list(session.scalars(query.order_by(Decision.id.desc())))


def recent(session: Session, person: Person, limit: int = 20) -> list[Decision]:
    """What a person decided last and has not taken back."""
    query = select(Decision).where(Decision.person_id == person.id, Decision.undone.is_(None))
    return list(session.scalars(query.order_by(Decision.id.desc()).limit(limit)))


def _check_span(family: Family, verdict: str, span: tuple[int, int] | None) -> None:
    if span is None:
        return
    start, end = span
    if verdict != "hide" or not 0 <= start < end <= len(family.text) or not family.text[start:end].strip():
        raise InvalidError(f"A span to hide lies within the {len(family.text):,} characters of the wording.")
