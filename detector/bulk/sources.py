"""What `detector bulk` reads: files of rows, and folders of articles, each with a fingerprint."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from detector.bulk.compression import MAGIC, Codec, Stream
from detector.errors import DetectorError, InputError
from detector.files import opened

Form = Literal["lines", "table", "articles"]
#: Bytes of one row at most: a longer line or article is a bad row, so that memory stays bounded.
LONGEST = 1 << 25
#: A fingerprint is of this many pieces of a file at most, and of so many bytes each: to read all of a large
#: one twice would cost a run more than anything else that it does once.
PIECES, PIECE = 64, 1 << 20
#: Lines and bytes that are judged together, whichever is reached first.
BATCH_LINES, BATCH_BYTES = 4096, 1 << 20

_CODECS: dict[str, Codec] = {"": "", ".gz": "gzip", ".zst": "zstd"}
_ROWS: dict[str, tuple[Form, Codec]] = {
    ".parquet": ("table", ""),
    **{name + end: ("lines", codec) for name in (".jsonl", ".ndjson") for end, codec in _CODECS.items()},
}
#: The names of pages end so; they are read as HTML.
PAGES = (".html", ".htm", ".xhtml")
_ARTICLES = (".txt", ".text", ".md", ".markdown", *PAGES)


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file of rows, or the articles in a folder, one row a file.

    `path` is as the user named it, `size` in bytes, `sha256` of the content, of a file of more than 64 MiB
    of pieces spread evenly over it; for articles both are of all `files`, whose names begin with `path`.
    `codec` is "", "gzip" or "zstd", `modified` the time in nanoseconds that the file was last written, 0
    for articles.
    """

    number: int
    path: str
    form: Form
    codec: Codec
    size: int
    sha256: str
    files: tuple[str, ...] = ()
    modified: int = 0

    def changed(self) -> bool:
        """Whether the file was written since it was found."""
        try:
            return self.modified not in (0, Path(self.path).stat().st_mtime_ns)
        except OSError:
            return False


def find(inputs: Sequence[str], out: Path) -> tuple[Source, ...]:
    """The sources in the order named; those of a folder by path, its articles last.

    Nothing inside `out` is read. Raises `InputError` with the remedy for what cannot be.
    """
    found: list[Source] = []
    for name in inputs:
        if _inside(Path(name), out):
            raise InputError(f"{name} lies in the output folder {out}: choose another folder for --out.")
        found += _in_folder(name, out, len(found)) if stat.S_ISDIR(_mode(name)) else [_file(name, len(found))]
    return tuple(found)


def _file(name: str, number: int) -> Source:
    kind = next((kind for end, kind in _ROWS.items() if name.lower().endswith(end)), None)
    if kind is None:
        raise InputError(f"{name} is none of {', '.join(_ROWS)}: convert it, or name the folder it lies in.")
    form, codec = kind
    with opened(name) as file:
        begin, about = file.read(4), os.fstat(file.fileno())
        if not begin:
            raise InputError(f"{name} holds nothing: leave it out.")
        if codec and not begin.startswith(MAGIC[codec]):
            raise InputError(f"{name} is not {codec}, whatever its name says: rename it.")
        digest = _sha256(file, about.st_size).hex()
    return Source(number, name, form, codec, about.st_size, digest, modified=about.st_mtime_ns)


def _sha256(file: BinaryIO, size: int) -> bytes:
    """Of the whole file, or of pieces of it from the first byte to the last."""
    file.seek(0)
    if size <= PIECES * PIECE:
        return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    digest = hashlib.sha256()
    for piece in range(PIECES):
        file.seek(piece * (size - PIECE) // (PIECES - 1))
        digest.update(file.read(PIECE))
    return digest.digest()


def _in_folder(name: str, out: Path, number: int) -> list[Source]:
    files = sorted(_walk(name, out))
    tables = [file for file in files if file.lower().endswith(tuple(_ROWS))]
    # An empty file of rows is an ordinary leaf of a data set; named by itself it would be a mistake.
    full = [file for file in tables if size_of(file)]
    sources = [_file(file, number + i) for i, file in enumerate(full)]
    if articles := tuple(file for file in files if file.lower().endswith(_ARTICLES)):
        sources.append(_articles(name, articles, number + len(sources)))
    if not sources:
        raise InputError(f"{name} holds no file of {', '.join([*_ROWS, *_ARTICLES])}: name another folder.")
    return sources


def _walk(folder: str, out: Path) -> Iterator[str]:
    """The files below a folder but hidden ones, as the folder was named."""
    for here, folders, files in os.walk(folder, onerror=_refuse):
        keep = [name for name in folders if name[0] != "." and not _inside(Path(here, name), out)]
        folders[:] = keep
        paths = [Path(here, name).as_posix() for name in files if name[0] != "."]
        # A pipe would be waited for; a link that leads nowhere is told when it is read.
        yield from (path for path in paths if stat.S_ISREG(_mode(path)) or not _mode(path))


def _mode(path: str) -> int:
    """What a path leads to, as in `os.stat`; 0 where that cannot be told."""
    try:
        return Path(path).stat().st_mode
    except OSError:
        return 0


def size_of(file: str) -> int:
    """Size of a file, or link, in bytes; 0 where it is gone."""
    try:
        return os.lstat(file).st_size
    except OSError:
        return 0


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be listed ({error.strerror}): change its permissions.")


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _articles(name: str, files: tuple[str, ...], number: int) -> Source:
    size, digest = 0, hashlib.sha256()
    for file in files:
        content = b"unreadable"
        try:
            with opened(file) as stream:
                own = os.fstat(stream.fileno()).st_size
                content = _sha256(stream, own)
                size += own
        except DetectorError:
            pass  # told as a bad row when it is read
        digest.update(os.fsencode(file) + b"\0" + content)
    return Source(number, name, "articles", "", size, digest.hexdigest(), files)


class Rest(bytes):
    """What follows the first piece of a line longer than `LONGEST`: no row of its own."""


class Lines:
    """The lines of a file of rows, in batches, from where the stream stands."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._file = io.BufferedReader(stream, 1 << 16)
        self._lines = self._read()

    @property
    def damage(self) -> str | None:
        """What was wrong with the file where its lines ended too soon."""
        return self._stream.damage

    def ended(self) -> bool:
        """Whether no line is left."""
        return not self._file.peek(1)

    def take(self, size: int) -> Iterator[list[bytes]]:
        """Batches of lines, up to the first line end at `size` bytes or after."""
        batch: list[bytes] = []
        held = 0
        for line in self._lines:
            batch.append(line)
            held += len(line)
            full = held >= size and line.endswith(b"\n")
            if full or held >= BATCH_BYTES or len(batch) >= BATCH_LINES:
                yield batch
                size, held, batch = size - held, 0, []
            if full:
                return
        if batch:
            yield batch

    def _read(self) -> Iterator[bytes]:
        whole = True
        while line := self._file.readline(LONGEST):
            ends = line.endswith(b"\n")
            if self.damage and not ends:
                return  # half a line
            yield line if whole else Rest(line)
            whole = ends
