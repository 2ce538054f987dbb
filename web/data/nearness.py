"""Near copies: which family a new wording may join, found by the keys of its sketch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from detector import families
from web.data.reading import Unit
from web.data.schema import Band, Family

#: A key leads to this many families at most, so that no input makes looking slow; of those that share
#: most keys, this many are compared.
PER_KEY, COMPARED = 32, 8
#: How many values a query names at once.
NAMED = 500

T = TypeVar("T")
Sketches = Mapping[str, tuple[int, ...]]


def sketches(units: Sequence[Unit]) -> dict[str, tuple[int, ...]]:
    """The keys of some wordings, by fingerprint."""
    found = families.sketches([unit.text for unit in units])
    return {unit.fingerprint: keys for unit, keys in zip(units, found, strict=True)}


def near(session: Session, units: Sequence[Unit], sketches: Sketches) -> dict[str, int | str]:
    """The near copy of each new wording that has one: a family by number, or an earlier one of them."""
    holders = _holders(session, {key for keys in sketches.values() for key in keys})
    candidates = {i for keys in holders.values() for i in keys if isinstance(i, int)}
    texts = _texts(session, candidates)
    found: dict[str, int | str] = {}
    for unit in units:
        keys = sketches[unit.fingerprint]
        shared = Counter(holder for key in keys for holder in holders[key])
        best = [holder for holder, _ in shared.most_common(COMPARED)]
        head = next((holder for holder in best if families.near(texts[holder], unit.text)), None)
        if head is not None:
            found[unit.fingerprint] = head
            continue
        texts[unit.fingerprint] = unit.text
        for key in keys:
            if len(holders[key]) < PER_KEY:
                holders[key].append(unit.fingerprint)
    return found


def index(session: Session, sketches: Mapping[int, Sequence[int]]) -> None:
    """Make families found by the keys of their sketches, as far as a key may lead to more."""
    holders = _holders(session, {key for keys in sketches.values() for key in keys})
    rows = []
    for family_id, keys in sketches.items():
        for key in set(keys):
            if family_id not in holders[key] and len(holders[key]) < PER_KEY:
                holders[key].append(family_id)
                rows.append({"key": key, "family_id": family_id})
    if rows:
        session.connection().execute(insert(Band), rows)


def make_findable(session: Session, family: Family) -> None:
    """See to it that near copies find a family, which those surely editorial are not found by."""
    if session.scalar(select(Band.key).where(Band.family_id == family.id).limit(1)) is None:
        index(session, {family.id: families.sketch(family.text)})


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in lots that a query can name."""
    return (values[i : i + NAMED] for i in range(0, len(values), NAMED))


def _texts(session: Session, ids: Iterable[int]) -> dict[int | str, str]:
    texts: dict[int | str, str] = {}
    for part in parts(sorted(ids)):
        texts.update(session.execute(select(Family.id, Family.text).where(Family.id.in_(part))).all())
    return texts


def _holders(session: Session, keys: Iterable[int]) -> defaultdict[int, list[int | str]]:
    """The families that each key leads to."""
    holders: defaultdict[int, list[int | str]] = defaultdict(list)
    for part in parts(sorted(keys)):
        for key, family_id in session.execute(select(Band.key, Band.family_id).where(Band.key.in_(part))):
            holders[key].append(family_id)
    return holders
