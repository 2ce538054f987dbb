"""Where a family stands: its state is what the decisions on it settle, and is written here alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from web.data import outbox, placing
from web.data.errors import InvalidError
from web.data.schema import VERDICTS, Batch, Decision, Family
from web.data.settlement import Opinion, Settlement, settled

#: How many kinds a verdict may name.
MOST_KINDS = 20


def resettle(session: Session, family: Family) -> None:
    """Bring the state of a family up to date with the decisions on it, and tell hooks what has changed."""
    session.flush()
    found = settled(opinions(session, [family.id])[family.id], family.base)
    before = (family.status, family.verdict, family.verdict_kinds, family.span)
    write(session, family, found)
    if before[1:] != (family.verdict, family.verdict_kinds, family.span):
        outbox.tell(session, "verdict", outbox.about(family))


def opinions(session: Session, family_ids: Iterable[int]) -> dict[int, list[Opinion]]:
    """The opinions that count on each of some families, in the order in which they were given."""
    found: dict[int, list[Opinion]] = {family_id: [] for family_id in family_ids}
    query = select(Decision).outerjoin(Batch, Batch.id == Decision.batch_id)
    query = query.where(Decision.family_id.in_(list(found)), Decision.undone.is_(None))
    query = query.where(or_(Batch.id.is_(None), Batch.state == "done")).order_by(Decision.id)
    for row in session.scalars(query):
        kinds = None if row.kinds is None else tuple(row.kinds)
        span = None if row.span is None else (row.span[0], row.span[1])
        found[row.family_id].append(Opinion(row.person_id, row.role, row.verdict, kinds, span))
    return found


def write(session: Session, family: Family, found: Settlement) -> None:
    """Give a family the state that its decisions settle."""
    family.status = found.status
    family.verdict = found.verdict
    family.span = None if found.span is None else list(found.span)
    kinds = None if found.kinds is None else list(found.kinds)
    if kinds != family.verdict_kinds:
        family.verdict_kinds = kinds
        placing.set_kinds(session, family.id, family.kinds if kinds is None else kinds)
    session.flush()


def check(verdict: str, kinds: Sequence[str] | None) -> None:
    """Raises `InvalidError` where these are no verdict and kinds."""
    if verdict not in VERDICTS:
        raise InvalidError(f"Unknown verdict {verdict!r}: use one of {', '.join(VERDICTS)}.")
    if kinds is None:
        return
    named = all(isinstance(kind, str) and 0 < len(kind) <= 40 for kind in kinds)
    if isinstance(kinds, str) or not named or len(kinds) > MOST_KINDS:
        raise InvalidError(f"Kinds are a list of at most {MOST_KINDS} names, such as not_advice.")
