"""Near copies: which family a new wording may join, found by the keys of its sketch."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector import families
from web.data.loading import among, load
from web.data.reading import Unit
from web.data.schema import UNASKED, Band, Base, Family

#: A key leads to this many families at most, so that no input makes looking slow.
PER_KEY = 32
#: How many values a query names at once.
NAMED = 500

_BAND = Base.metadata.tables["band"]

T = TypeVar("T")
Sketches = Mapping[str, tuple[int, ...]]


def sketches(units: Sequence[Unit]) -> dict[str, tuple[int, ...]]:
    """The keys of some wordings, by fingerprint."""
    found = families.sketches([unit.text for unit in units])
    return {unit.fingerprint: keys for unit, keys in zip(units, found, strict=True)}


def near(
    session: Session, units: Sequence[Unit], sketches: Sketches, founders: Container[str]
) -> dict[str, int | str]:
    """The near copy of each new wording that has one: a family by number, or an earlier one of `founders`.

    As in `detector.families.grouped`: a wording is compared with the first one of a family, and with those
    families that share most keys with it, the oldest first.
    """
    holders = _holders(session, {key for keys in sketches.values() for key in keys})
    candidates = {i for keys in holders.values() for i in keys if isinstance(i, int)}
    texts = _texts(session, candidates)
    found: dict[str, int | str] = {}
    ages: dict[int | str, int] = {}  # of the new ones, which come after all numbers
    for unit in units:
        keys = sketches[unit.fingerprint]
        shared = Counter(holder for key in keys for holder in holders[key])
        best = sorted(shared, key=lambda holder: (-shared[holder], ages.get(holder, holder)))
        best = best[: families.CANDIDATES]
        head = next((holder for holder in best if families.near(texts[holder], unit.text)), None)
        if head is not None:
            found[unit.fingerprint] = head
        if head is not None or unit.fingerprint not in founders:
            continue
        texts[unit.fingerprint], ages[unit.fingerprint] = unit.text, UNASKED + len(ages)
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
                rows.append((key, family_id))
    load(session, _BAND, ("key", "family_id"), rows)


def make_findable(session: Session, family: Family) -> None:
    """See to it that near copies find a family, which those surely editorial are not found by."""
    if session.scalar(select(Band.key).where(Band.family_id == family.id).limit(1)) is None:
        index(session, {family.id: families.sketch(family.text)})


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in lots that a query can name."""
    return (values[i : i + NAMED] for i in range(0, len(values), NAMED))


def _texts(session: Session, ids: Iterable[int]) -> dict[int | str, str]:
    return dict(session.execute(select(Family.id, Family.text).where(among(session, Family.id, ids))).all())


def _holders(session: Session, keys: Iterable[int]) -> defaultdict[int, list[int | str]]:
    """The families that each key leads to."""
    holders: defaultdict[int, list[int | str]] = defaultdict(list)
    query = select(Band.key, Band.family_id).where(among(session, Band.key, keys))
    for key, family_id in session.execute(query):
        holders[key].append(family_id)
    return holders
