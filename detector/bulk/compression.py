"""Bytes of compressed files: in, as far as they are whole, and out, the same at every run."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Literal

from detector.errors import DetectorError

Codec = Literal["", "gzip", "zstd"]
#: How a file of each codec begins.
MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_LEVEL = 6


class Stream(io.RawIOBase):
    """The decompressed bytes of a file. Damage ends them like the end of the file; `damage` tells it."""

    def __init__(self, file: IO[bytes], codec: Codec) -> None:
        self._read = _reader(file, codec)
        self.damage: str | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As in `io.RawIOBase`; 0 at the end, and after damage."""
        if self.damage:
            return 0
        try:
            data = self._read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            self.damage = str(error)
            return 0
        buffer[: len(data)] = data
        return len(data)


def _reader(file: IO[bytes], codec: Codec) -> Callable[[int], bytes]:
    if codec == "gzip":
        return gzip.GzipFile(fileobj=file, mode="rb").read1
    if codec == "zstd":
        pa = _arrow()
        stream = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
        # In small pieces, since of the piece that damage lies in nothing comes back.
        return lambda size: bytes(stream.read(min(size, 4096)))
    return file.read


@contextmanager
def compressed(file: IO[bytes], codec: Codec) -> Iterator[Any]:
    """A file to write to, whose bytes come compressed to `file`; that one is left open."""
    if codec == "gzip":
        # Without a name and a time in it, the same rows give the same bytes.
        with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
            yield packed
    elif codec == "zstd":
        pa = _arrow()
        with pa.CompressedOutputStream(pa.PythonFile(_Sink(file), "w"), "zstd") as packed:
            yield packed
    else:
        yield file


class _Sink(io.RawIOBase):
    """Passes bytes on; closing it closes nothing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._file.write(data)


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise DetectorError(
            "Files compressed by Zstandard need pyarrow: run `pip install 'disclaimer-detector[arrow]'`."
        ) from error
    return pyarrow
