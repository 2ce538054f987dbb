"""Placing: which family a wording belongs to, and what families gain and lose by it.

A wording that is known finds its family by its fingerprint. A new one that may be a notice looks for a
near copy, and else founds a family, which copies that seemed surely editorial join. What is surely
editorial has no family until somebody decides on it. A `Ledger` gathers it all and writes it in few
statements.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from web.data import clock, loading, nearness
from web.data.loading import among, load
from web.data.reading import Unit
from web.data.schema import (
    EVERYWHERE,
    QUIET,
    Article,
    Base,
    Family,
    FamilyKind,
    FamilySource,
    Segment,
    Wording,
)

#: An editorial segment below this probability of being a notice or chrome is asked of nobody.
SURE = 0.05
#: What an answer is worth at least, as a share of what it is worth when the detector has no idea.
LEAST = 0.02

_FAMILY, _SOURCE, _KIND, _WORDING, _SEGMENT = (
    Base.metadata.tables[name] for name in ("family", "family_source", "family_kind", "wording", "segment")
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
#: What a new family is written with.
_FOUNDED = (
    "id",
    "fingerprint",
    "text",
    "language",
    "label",
    "score",
    "chrome",
    "kinds",
    "kind",
    "copies",
    "source_count",
    "status",
    "base",
    "priority",
    "first_seen",
    "last_seen",
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


_ADOPT = update(_SEGMENT).where(_SEGMENT.c.id == bindparam("number")).values(family_id=bindparam("family"))


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
        self.wordings: list[tuple[str, int, int]] = []
        self.adopted: list[dict[str, int]] = []
        self.sketches: dict[int, tuple[int, ...]] = {}

    def leave(self, family_id: int | None, source_id: int, score: float, chrome: float) -> None:
        """A copy of a family is gone."""
        if family_id is not None:
            self.changes[family_id].add(source_id, score, chrome, -1)

    def place(self, source_id: int, units: Sequence[Unit]) -> list[int | None]:
        """The family of each unit, known or to be founded; None for what nobody is asked. Call it once."""
        known = _known(self.session, source_id, {unit.fingerprint for unit in units})
        every = _quiet_ones_decided(self.session)
        fresh: dict[str, Unit] = {}
        for unit in units:
            if unit.fingerprint not in known and (every or is_asked(unit)):
                fresh.setdefault(unit.fingerprint, unit)
        if fresh:
            known |= self._join_or_found(list(fresh.values()))
        places = [known.get(unit.fingerprint) for unit in units]
        for family_id, unit in zip(places, units, strict=True):
            if family_id is not None:
                change = self.changes[family_id]
                change.add(source_id, unit.score, unit.chrome)
                change.seen = unit
        return places

    def write(self) -> None:
        """Write families founded and changed, and how they are found."""
        now = clock.now()
        founded = [(i, unit, self.changes[i]) for i, unit in self.founders.items()]
        load(self.session, _FAMILY, _FOUNDED, [_row(*told, now) for told in founded])
        kinds = [(kind, i) for i, unit, _ in founded for kind in dict.fromkeys(unit.kinds)]
        load(self.session, _KIND, ("kind", "family_id"), kinds)
        counts = [(source, i, n) for i, _, change in founded for source, n in change.sources.items()]
        load(self.session, _SOURCE, ("source_id", "family_id", "copies"), counts)
        load(self.session, _WORDING, ("fingerprint", "source_id", "family_id"), self.wordings)
        nearness.index(self.session, self.sketches)
        if changed := sorted(self.changes.keys() - self.founders.keys()):
            _change(self.session, changed, self.changes, now)
        if self.adopted:
            self.session.connection().execute(_ADOPT, self.adopted)

    def _join_or_found(self, units: Sequence[Unit]) -> dict[str, int]:
        """The families of wordings that are new: those of near copies, or new ones."""
        sketches = nearness.sketches(units)
        asked = {unit.fingerprint for unit in units if is_asked(unit)}
        joined = nearness.near(self.session, units, sketches, asked)
        founders = [unit for unit in units if unit.fingerprint in asked - joined.keys()]
        numbers = loading.numbers(self.session, "family", len(founders))
        placed = {unit.fingerprint: number for unit, number in zip(founders, numbers, strict=True)}
        self.founders |= dict(zip(numbers, founders, strict=True))
        self.sketches |= {placed[key]: keys for key, keys in sketches.items() if key in placed}
        for key, head in joined.items():
            placed[key] = placed[head] if isinstance(head, str) else head
        self.wordings += [(key, EVERYWHERE, number) for key, number in placed.items()]
        self._adopt(placed)
        return placed

    def _adopt(self, placed: Mapping[str, int]) -> None:
        """Copies of these wordings that nobody was asked about join their families."""
        query = select(Segment.id, Segment.fingerprint, Segment.score, Segment.chrome, Article.source_id)
        query = query.join(Article, Article.id == Segment.article_id).where(
            among(self.session, Segment.fingerprint, placed), Segment.placed.is_(None)
        )
        for number, fingerprint, score, chrome, source_id in self.session.execute(query):
            family_id = placed[fingerprint]
            self.changes[family_id].add(source_id, score, chrome)
            self.adopted.append({"number": number, "family": family_id})


def is_asked(unit: Unit) -> bool:
    """Whether people are asked about a wording, by one copy of it."""
    return resting(unit.label, unit.score, unit.chrome, 1) == "open"


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
    number = loading.numbers(session, "family", 1)[0]
    load(session, _FAMILY, _FOUNDED, [_row(number, unit, Change(), clock.now())])
    set_kinds(session, number, unit.kinds)
    return session.get_one(Family, number)


def imagined(unit: Unit, number: int, source_id: int, added: int) -> Family:
    """The family that a unit would found, as if it were the only copy; not stored."""
    change = Change()
    change.add(source_id, unit.score, unit.chrome)
    told = dict(zip(_FOUNDED, _row(number, unit, change, added), strict=True))
    return Family(**told | {"kinds": list(unit.kinds)})


def set_kinds(session: Session, family_id: int, kinds: Iterable[str]) -> None:
    """Make a family found by these kinds."""
    session.execute(delete(FamilyKind).where(FamilyKind.family_id == family_id))
    session.add_all(FamilyKind(kind=kind, family_id=family_id) for kind in dict.fromkeys(kinds))
    session.flush()


def _known(session: Session, source_id: int, prints: Iterable[str]) -> dict[str, int]:
    """The families of the wordings that are known; one at the source goes before one everywhere."""
    query = select(Wording.fingerprint, Wording.family_id).where(
        among(session, Wording.fingerprint, prints), Wording.source_id.in_((EVERYWHERE, source_id))
    )
    return dict(session.execute(query.order_by(Wording.source_id)).all())


def _quiet_ones_decided(session: Session) -> bool:
    """Whether a verdict is on a family that the detector is sure of: then all new wordings look for it."""
    query = select(Family.id).where(QUIET, Family.status.in_(("settled", "second", "lead")))
    return session.scalar(query.limit(1)) is not None


def _row(number: int, unit: Unit, change: Change, now: int) -> tuple[Any, ...]:
    """The columns `_FOUNDED` of a new family."""
    score, chrome = _mean(change.score, change.copies), _mean(change.chrome, change.copies)
    status = resting(unit.label, score, chrome, change.copies)
    return (
        number,
        unit.fingerprint,
        unit.text,
        unit.language,
        unit.label,
        score,
        chrome,
        unit.kinds,
        unit.kinds[0] if unit.kinds else None,
        change.copies,
        len(change.sources),
        status,
        status,
        priority(unit.label, score, chrome, change.copies),
        now,
        now,
    )


def _change(session: Session, ids: Sequence[int], changes: Mapping[int, Change], now: int) -> None:
    """Write what families gained and lost that were there before."""
    gained = _count_sources(session, ids, changes)
    rows = session.execute(select(*_SUMMED).where(among(session, Family.id, ids))).all()
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
    query = select(*columns).where(
        among(session, FamilySource.family_id, ids), FamilySource.source_id.in_(sources)
    )
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
