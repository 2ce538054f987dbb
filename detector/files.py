"""Reading input: the one place that opens files for the command line, and says what to do if it cannot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from detector import formats
from detector.errors import InputError

#: The name that stands for standard input.
STDIN = "-"


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


def read(name: str) -> bytes:
    """All of a file. Raises `InputError` where it cannot be read."""
    with opened(name) as file:
        try:
            return file.read()
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror}): check the file.") from error


def read_text(name: str, encoding: str | None = None) -> str:
    """The whole text of a file. Raises `InputError` where it cannot be read, decoded, or is empty.

    Without `encoding`, a byte order mark decides, else UTF-8. Line ends stay as they are.
    """
    (document,) = formats.documents(read(name), name, "text", encoding=encoding)
    return document.text
