"""What a person has chosen to see of the wordings: the filter in the address of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.data import clock
from web.data.errors import InvalidError
from web.data.filters import Filter

#: Choices of age, in days.
AGES = (1, 7, 30, 90)
_PLAIN = ("source_id", "language", "kind", "label", "status", "text")
_OLDEST = 36_500


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter and the query of the address that means it; `lowest` and `highest` there are percent."""

    filter: Filter
    query: dict[str, Any]

    @property
    def count(self) -> int:
        """How many things are asked for."""
        return len(self.query)


def of(args: Mapping[str, str]) -> Selection:
    """The selection of an address. Raises `InvalidError` where it is none."""
    query = {name: args[name].strip() for name in (*_PLAIN, "lowest", "highest", "age") if args.get(name)}
    wanted: dict[str, Any] = {name: query[name] for name in _PLAIN if name in query}
    for name in ("lowest", "highest"):
        if name in query:
            wanted[name] = _number(query[name], 100) / 100
    if "age" in query:
        wanted["since"] = clock.now() - int(_number(query["age"], _OLDEST) * clock.DAY)
    return Selection(Filter.read(wanted), query)


def _number(text: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise InvalidError(f"{text!r} is not a number from 0 to {most:g}: mend the filter.")
    return number
