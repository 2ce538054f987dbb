"""Types of columns that keep any Python text, on every database.

PostgreSQL refuses NUL, and no database stores lone surrogates. Both are written as an escape that
begins with U+E000, as is that character itself; all other text is stored as it is.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator

_ESCAPE = "\ue000"
_UNSAFE = re.compile(f"[\0\ud800-\udfff{_ESCAPE}]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def escaped(text: str) -> str:
    """The text without characters that a database may refuse; `unescaped` gives it back."""
    return _UNSAFE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if _ESCAPE in text else text


class AnyText(TypeDecorator[str]):
    """Any text, to the character."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escaped(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else unescaped(value)


class Json(TypeDecorator[Any]):
    """JSON as ASCII, and null for None: databases look at it as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else "[]" if value in ([], ()) else canonical(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """JSON of a value that is the same for equal values: keys in order, ASCII, no white space."""
    return _encode(value)
