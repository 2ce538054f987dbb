"""Reading input: the one place that opens files for the command line, and says what to do if it cannot."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from detector.errors import InputError

#: The name that stands for standard input.
STDIN = "-"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file, or standard input for "-", open for bytes. Raises `InputError` with the remedy."""
    if name == STDIN:
        yield sys.stdin.buffer
        return
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name} is a directory: name the files in it, for example {name}/*.txt.")
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist: check the path, or pass - to read a pipe.") from error
    except PermissionError as error:
        raise InputError(f"{name} may not be read by you: change its permissions.") from error
    except OSError as error:
        raise InputError(f"{name} cannot be opened ({error.strerror}): check the file.") from error
    with file:
        yield file


def read_text(name: str, encoding: str | None = None) -> str:
    """The whole text of a file. Raises `InputError` where it cannot be read, decoded, or is empty.

    Without `encoding`, a byte order mark decides, else UTF-8. Line ends stay as they are.
    """
    with opened(name) as file:
        try:
            data = file.read()
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror}): check the file.") from error
    text = decode(data, name, encoding)
    if not text.strip():
        what = "only white space" if text else "nothing"
        raise InputError(f"{name} holds {what}: pass a file with text.")
    return text


def decode(data: bytes, name: str, encoding: str | None = None) -> str:
    """Bytes as text; raises `InputError` naming the place and the remedy."""
    if encoding is None:
        marks = (_MARKS[mark] for mark in sorted(_MARKS, key=len, reverse=True) if data.startswith(mark))
        encoding = next(marks, "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not {encoding.upper()} (byte {data[error.start]:#04x} at place {error.start}): "
            "name its encoding, for example --encoding cp1252."
        ) from error
    except LookupError as error:
        raise InputError(f"Unknown encoding {encoding!r}: try utf-8, cp1252 or gb18030.") from error
