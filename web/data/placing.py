"""Placing: which family a wording belongs to, and what families gain and lose by it.

A wording that is known finds its family by its fingerprint. A new one that may be a notice looks for a
near copy, and else founds a family. A `Ledger` gathers it all and writes it in few statements.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Table, bindparam, delete, insert, select, text, update
from sqlalchemy.orm import Session

from web.data import clock, nearness
from web.data.reading import Unit
from web.data.schema import EVERYWHERE, Base, Family, FamilyKind, FamilySource, Wording

#: An editorial segment below this probability of being a notice or chrome is asked of nobody.
SURE = 0.05
#: What an answer is worth at least, as a share of what it is worth when the detector has no idea.
LEAST = 0.02

_FAMILY, _SOURCE, _KIND, _WORDING = (
    Base.metadata.tables[name] for name in ("family", "family_source", "family_kind", "wording")
)
#: What is summed up anew when copies come and go.
_SUMMED = (
    Family.id,
    Family.fingerprint,
    Family.label,
    Family.score,
    Family.chrome,
    Family.copies,
    Family.source_count,
    Family.status,
    Family.kinds,
    Family.kind,
    Family.verdict_kinds,
    Family.last_seen,
)
_HERE = _SOURCE.c.family_id == bindparam("family"), _SOURCE.c.source_id == bindparam("source")
_NOW: dict[str, Any] = {
    "family_id": bindparam("family"),
    "source_id": bindparam("source"),
    "copies": bindparam("now"),
}
#: How copies by source are written: where there were some before, and where there are some now.
_COUNTED = {
    (False, True): insert(_SOURCE).values(_NOW),
    (True, True): update(_SOURCE).where(*_HERE).values(copies=bindparam("now")),
    (True, False): delete(_SOURCE).where(*_HERE),
}


@dataclass(slots=True)
class Change:
    """What a family gains and loses: copies, the sums of their scores, and copies by source."""

    copies: int = 0
    score: float = 0.0
    chrome: float = 0.0
    sources: Counter[int] = field(default_factory=Counter)
    seen: Unit | None = None

    def add(self, source_id: int, score: float, chrome: float, sign: int = 1) -> None:
        self.copies += sign
        self.score += sign * score
        self.chrome += sign * chrome
        self.sources[source_id] += sign


class Ledger:
    """What one transaction does to families. Nothing is written before `write`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changes: defaultdict[int, Change] = defaultdict(Change)
        self.founders: dict[int, Unit] = {}
        self.wordings: list[dict[str, Any]] = []
        self.sketches: dict[int, tuple[int, ...]] = {}

    def leave(self, family_id: int, source_id: int, score: float, chrome: float) -> None:
        """A copy of a family is gone."""
        self.changes[family_id].add(source_id, score, chrome, -1)

    def place(self, source_id: int, units: Sequence[Unit]) -> list[int]:
        """The family of each unit, known or to be founded. Call it once."""
        known = _known(self.session, source_id, {unit.fingerprint for unit in units})
        fresh = {unit.fingerprint: unit for unit in units if unit.fingerprint not in known}
        if fresh:
            known |= self._join_or_found(list(fresh.values()))
        places = [known[unit.fingerprint] for unit in units]
        for family_id, unit in zip(places, units, strict=True):
            change = self.changes[family_id]
            change.add(source_id, unit.score, unit.chrome)
            change.seen = unit
        return places

    def write(self) -> None:
        """Write families founded and changed, and how they are found."""
        now = clock.now()
        self._insert(_FAMILY, [_row(i, unit, self.changes[i], now) for i, unit in self.founders.items()])
        kinds = [(i, kind) for i, unit in self.founders.items() for kind in dict.fromkeys(unit.kinds)]
        self._insert(_KIND, [{"family_id": i, "kind": kind} for i, kind in kinds])
        sources = [(i, source) for i in self.founders for source in self.changes[i].sources.items()]
        rows = [{"family_id": i, "source_id": source, "copies": count} for i, (source, count) in sources]
        self._insert(_SOURCE, rows)
        self._insert(_WORDING, self.wordings)
        nearness.index(self.session, self.sketches)
        for ids in nearness.parts(sorted(self.changes.keys() - self.founders.keys())):
            _change(self.session, ids, self.changes, now)

    def _join_or_found(self, units: Sequence[Unit]) -> dict[str, int]:
        """The families of wordings that are new: those of near copies, or new ones."""
        every = _quiet_ones_decided(self.session)
        sought = [
            unit for unit in units if every or resting(unit.label, unit.score, unit.chrome, 1) == "open"
        ]
        sketches = nearness.sketches(sought)
        joined = nearness.near(self.session, sought, sketches)
        founders = [unit for unit in units if unit.fingerprint not in joined]
        numbers = _numbers(self.session, len(founders))
        placed = {unit.fingerprint: number for unit, number in zip(founders, numbers, strict=True)}
        self.founders |= dict(zip(numbers, founders, strict=True))
        self.sketches |= {placed[key]: keys for key, keys in sketches.items() if key in placed}
        for key, head in joined.items():
            placed[key] = placed[head] if isinstance(head, str) else head
        self.wordings += [
            {"fingerprint": key, "source_id": EVERYWHERE, "family_id": number}
            for key, number in placed.items()
        ]
        return placed

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.session.connection().execute(insert(table), rows)


def resting(label: str, score: float, chrome: float, copies: int) -> str:
    """The status of a family that nobody has decided."""
    sure = label == "editorial" and score + chrome < SURE
    return "quiet" if sure or copies <= 0 else "open"


def priority(label: str, score: float, chrome: float, copies: int) -> float:
    """What an answer is worth: how unsure the detector is, times the logarithm of the copies it settles."""
    hidden = min(1.0, score + chrome)
    unsure = 1.0 if label == "unsure" else 1 - abs(2 * hidden - 1)
    return max(unsure, LEAST) * math.log1p(max(copies, 0))


def ranked(status: str, label: str, score: float, chrome: float, copies: int) -> dict[str, Any]:
    """The columns that follow from what is summed up, by name."""
    base = resting(label, score, chrome, copies)
    return {
        "score": score,
        "chrome": chrome,
        "copies": copies,
        "priority": priority(label, score, chrome, copies),
        "base": base,
        "status": base if status in ("open", "quiet") else status,
    }


def founded(session: Session, unit: Unit) -> Family:
    """A new family, still without copies."""
    family = Family(**_row(_numbers(session, 1)[0], unit, Change(), clock.now()))
    session.add(family)
    session.flush()
    set_kinds(session, family.id, unit.kinds)
    return family


def set_kinds(session: Session, family_id: int, kinds: Iterable[str]) -> None:
    """Make a family found by these kinds."""
    session.execute(delete(FamilyKind).where(FamilyKind.family_id == family_id))
    session.add_all(FamilyKind(kind=kind, family_id=family_id) for kind in dict.fromkeys(kinds))
    session.flush()


def _known(session: Session, source_id: int, prints: Iterable[str]) -> dict[str, int]:
    """The families of the wordings that are known; one at the source goes before one everywhere."""
    found: dict[str, int] = {}
    for part in nearness.parts(sorted(prints)):
        query = select(Wording.fingerprint, Wording.family_id).where(
            Wording.fingerprint.in_(part), Wording.source_id.in_((EVERYWHERE, source_id))
        )
        found.update(session.execute(query.order_by(Wording.source_id)).all())
    return found


def _quiet_ones_decided(session: Session) -> bool:
    """Whether a verdict is on a family that the detector is sure of: then all new wordings look for it."""
    query = select(Family.id).where(Family.base == "quiet", Family.status.in_(("settled", "second", "lead")))
    return session.scalar(query.limit(1)) is not None


def _numbers(session: Session, count: int) -> Sequence[int]:
    """Numbers for new families, which no family had before. The session is the only writer."""
    if session.get_bind().dialect.name == "sqlite":
        last = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'family'")) or 0
        return range(last + 1, last + 1 + count)
    drawn = "SELECT nextval(pg_get_serial_sequence('family', 'id')) FROM generate_series(1, :count)"
    return session.scalars(text(drawn), {"count": count}).all()


def _row(number: int, unit: Unit, change: Change, now: int) -> dict[str, Any]:
    score, chrome = _mean(change.score, change.copies), _mean(change.chrome, change.copies)
    return {
        "id": number,
        "fingerprint": unit.fingerprint,
        "text": unit.text,
        "language": unit.language,
        "label": unit.label,
        "kinds": list(unit.kinds),
        "kind": unit.kinds[0] if unit.kinds else None,
        "source_count": len(change.sources),
        "first_seen": now,
        "last_seen": now,
        **ranked("open", unit.label, score, chrome, change.copies),
    }


def _change(session: Session, ids: Sequence[int], changes: Mapping[int, Change], now: int) -> None:
    """Write what families gained and lost that were there before."""
    gained = _count_sources(session, ids, changes)
    rows = session.execute(select(*_SUMMED).where(Family.id.in_(ids))).all()
    changed = [_changed(session, row, changes[row.id], gained[row.id], now) for row in rows]
    names = [name for name in changed[0] if name != "number"]
    query = update(_FAMILY).where(_FAMILY.c.id == bindparam("number"))
    session.connection().execute(query.values({name: bindparam(name) for name in names}), changed)


def _changed(session: Session, row: Row[Any], change: Change, sources: int, now: int) -> dict[str, Any]:
    copies = max(row.copies + change.copies, 0)
    score = _mean(row.score * row.copies + change.score, copies)
    chrome = _mean(row.chrome * row.copies + change.chrome, copies)
    seen = change.seen
    label, kinds, kind = row.label, row.kinds, row.kind
    if seen is not None and seen.fingerprint == row.fingerprint:
        label, kinds, kind = seen.label, list(seen.kinds), seen.kinds[0] if seen.kinds else None
        if kinds != row.kinds and row.verdict_kinds is None:
            set_kinds(session, row.id, kinds)
    return {
        "number": row.id,
        "label": label,
        "kinds": kinds,
        "kind": kind,
        "source_count": row.source_count + sources,
        "last_seen": row.last_seen if seen is None else now,
        **ranked(row.status, label, score, chrome, copies),
    }


def _count_sources(session: Session, ids: Sequence[int], changes: Mapping[int, Change]) -> Counter[int]:
    """Write copies by source; returns how many sources each family gained."""
    columns = (FamilySource.family_id, FamilySource.source_id, FamilySource.copies)
    sources = {source for i in ids for source in changes[i].sources}
    query = select(*columns).where(FamilySource.family_id.in_(ids), FamilySource.source_id.in_(sources))
    before = {(row[0], row[1]): row[2] for row in session.execute(query)}
    gained: Counter[int] = Counter()
    cases: defaultdict[tuple[bool, bool], list[dict[str, int]]] = defaultdict(list)
    for family_id in ids:
        for source_id, count in changes[family_id].sources.items():
            had = before.get((family_id, source_id), 0)
            has = max(had + count, 0)
            gained[family_id] += (has > 0) - (had > 0)
            if had != has:
                cases[had > 0, has > 0].append({"family": family_id, "source": source_id, "now": has})
    for case, rows in cases.items():
        session.connection().execute(_COUNTED[case], rows)
    return gained


def _mean(total: float, copies: int) -> float:
    return min(max(total / copies, 0.0), 1.0) if copies else 0.0
