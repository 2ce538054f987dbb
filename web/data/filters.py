"""Filters: which families are meant, in the queue and in a bulk verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from web.data.columns import escaped
from web.data.errors import InvalidError
from web.data.schema import STATUSES, Family, FamilyKind, FamilySource

#: A kind or source of more families than this is common.
COMMON = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """Families that all of this is true of; None leaves it open.

    `lowest` and `highest` bound the score, 0 to 1; `since` and `until` when it was first seen, in
    seconds since 1970; `text` is a part of the wording as it is written.
    """

    source_id: int | None = None
    language: str | None = None
    kind: str | None = None
    label: str | None = None
    lowest: float | None = None
    highest: float | None = None
    since: int | None = None
    until: int | None = None
    status: str | None = None
    text: str | None = None

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Filter:
        """A filter from JSON or a form: texts of numbers are numbers, empty ones are None.

        Raises `InvalidError` where it is none.
        """
        sorts = {"source_id": int, "since": int, "until": int, "lowest": float, "highest": float}
        if unknown := set(value) - {field.name for field in fields(cls)}:
            raise InvalidError(f"A filter has no {sorted(unknown)[0]!r}.")
        try:
            read = {name: sorts.get(name, str)(v) for name, v in value.items() if v not in (None, "")}
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidError(f"This filter is not readable ({error}).") from error
        found = cls(**read)
        if found.status is not None and found.status not in STATUSES:
            raise InvalidError(f"Unknown status {found.status!r}: use one of {', '.join(STATUSES)}.")
        if any(abs(number) > 1 << 62 for number in read.values() if isinstance(number, int)):
            raise InvalidError("A number of this filter is too large.")
        return found

    def to_dict(self) -> dict[str, Any]:
        """The filter as JSON, without what is open; `read` gives it back."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def conditions(filter: Filter, session: Session | None = None) -> list[ColumnElement[bool]]:
    """What a filter says of rows of `Family`.

    Databases read all families of a kind or source before they choose. With a session, what many have
    is looked at family by family instead: for who takes the first few in another order.
    """
    f = filter
    equal = {Family.language: f.language, Family.label: f.label, Family.status: f.status}
    found = [column == escaped(value) for column, value in equal.items() if value is not None]
    bounds = (
        (f.lowest, Family.score.__ge__),
        (f.highest, Family.score.__le__),
        (f.since, Family.first_seen.__ge__),
        (f.until, Family.first_seen.__le__),
    )
    found += [compare(value) for value, compare in bounds if value is not None]
    if f.source_id is not None:
        found.append(_listed(FamilySource.family_id, FamilySource.source_id == f.source_id, session))
    if f.kind is not None:
        found.append(_listed(FamilyKind.family_id, FamilyKind.kind == escaped(f.kind), session))
    if f.text is not None:
        found.append(Family.text.contains(escaped(f.text), autoescape=True))
    return found


def _listed(
    column: InstrumentedAttribute[int], wanted: ColumnElement[bool], session: Session | None
) -> ColumnElement[bool]:
    """That a family is in a list: by reading it or, where it is long, by looking the family up in it."""
    query = select(column).where(wanted)
    if session is None:
        return Family.id.in_(query)
    first = query.limit(COMMON + 1).subquery()
    is_common = (session.scalar(select(func.count()).select_from(first)) or 0) > COMMON
    return query.where(column == Family.id).exists() if is_common else Family.id.in_(query)
