"""One JSON line: its text read, its verdict spliced in. All else keeps its bytes."""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection
from dataclasses import dataclass

from detector import rows
from detector.bulk.sources import LONGEST, Rest
from detector.document import Report
from detector.stream import printable

# Numbers are not read: none is too long, and none costs time.
_DECODER = json.JSONDecoder(parse_int=bool, parse_float=bool)
#: Label, kinds and spans of a text that is editorial from end to end.
PLAIN = ('"editorial"', "[]", "[]")
_WHITE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row has no verdict."""

    why: str


class Taken(Fault):
    """The row has a field of a name that is to be added."""


def text_of(line: bytes, column: str, taken: Collection[str]) -> str | Fault | None:
    """The text in field `column` of a line; None where the line is blank and so no row.

    `taken` are the names of the fields to be added: a row that has one is at fault.
    """
    if type(line) is Rest:
        return None
    if len(line) >= LONGEST:
        return Fault(f"longer than {LONGEST >> 20} MB")
    try:
        row = _DECODER.decode(line.removeprefix(codecs.BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        return Fault(f"not UTF-8 at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return Fault(f"not JSON ({error})") if line.strip() else None
    if not isinstance(row, dict):
        return Fault("no JSON object")
    if not row.keys().isdisjoint(taken):
        name = next(name for name in taken if name in row)
        return Taken(f"already has a field {name!r}: rename it, or pass a prefix for the new ones")
    text = row.get(column)
    return text if isinstance(text, str) else _no_text(row, column)


def _no_text(row: dict[str, object], column: str) -> Fault:
    if column in row:
        return Fault(f"field {column!r} holds no text")
    names = ", ".join(list(row)[:10])[:200]
    return Fault(f"no field {column!r}: it has {names or 'none'}")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that are added to each line, as JSON. `prefix` stands before their names."""

    prefix: str
    model: str

    def names(self) -> tuple[str, ...]:
        """As they will be called."""
        return tuple(self.prefix + name for name in ("score", "label", "kinds", "spans", "model"))

    def pattern(self) -> str:
        """A template for `%` with score, label, kinds and spans: what stands before the closing brace."""
        names = [json.dumps(name).replace("%", "%%") for name in self.names()]
        model = json.dumps(self.model).replace("%", "%%")
        return ",{}:%r,{}:%s,{}:%s,{}:%s,{}:{}".format(*names, model)


def verdict(report: Report) -> tuple[str, str, str]:
    """Label, kinds and spans of a report, as JSON."""
    spans = [{"start": n.start, "end": n.end, "score": n.score, "kinds": n.kinds} for n in report.notices]
    parts = (rows.label(report), rows.kinds(report), spans)
    label, kinds, places = (json.dumps(part, separators=(",", ":")) for part in parts)
    return label, kinds, places


def spliced(line: bytes, fields: str) -> bytes:
    """The line of a JSON object with more fields at its end."""
    end = line.rindex(b"}")
    return line[:end] + fields.encode() + line[end:]


def with_text(line: bytes, column: str, text: str) -> bytes:
    """The line with another text in field `column`: in the last of that name, the one that counts."""
    source = line.decode()
    start, end = _place(source, column)
    value = json.dumps(text, ensure_ascii=source[start:end].isascii())
    return (source[:start] + printable(value) + source[end:]).encode()


def _place(source: str, column: str) -> tuple[int, int]:
    """Where the value of the last field `column` stands in a JSON object with that field."""
    found, at = (0, 0), _past(source, 0, "{")
    while True:
        name, at = _DECODER.raw_decode(source, source.index('"', at))
        start = _skip(source, _past(source, at, ":"))
        _, at = _DECODER.raw_decode(source, start)
        if name == column:
            found = (start, at)
        at = _skip(source, at)
        if source[at] == "}":
            return found
        at += 1


def _past(source: str, at: int, mark: str) -> int:
    return source.index(mark, at) + 1


def _skip(source: str, at: int) -> int:
    while source[at] in _WHITE:
        at += 1
    return at
