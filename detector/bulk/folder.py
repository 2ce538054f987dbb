"""The output folder: parts that appear whole or not at all, and one run at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from detector.errors import DetectorError

#: What a run is, the record of a whole run, and the file that a process holds while it writes.
RUN, MANIFEST, LOCK = "run.json", "manifest.json", ".lock"
_TEMPORARY = ".tmp"
_OURS = re.compile(
    r"\.lock|((run|manifest)\.json|part-\d{5,}-\d{5,}\.(json|parquet|(dropped\.)?jsonl(\.gz|\.zst)?))(\.\d+\.tmp)?"
)


class FolderError(DetectorError):
    """The output folder cannot be used, or not any longer."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of parts. A part counts when its record is there, which is written after it."""

    path: Path

    @contextmanager
    def claimed(self, run: Mapping[str, Any]) -> Iterator[None]:
        """Begin a run, or go on with the same one, and keep other processes out of the folder.

        What an ended process left half-done is removed. Raises `FolderError` where the folder cannot be
        made, holds another run or files of something else, or another process writes there.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            names = {entry.name for entry in self.path.iterdir()}
            self._refuse_foreign(names)  # before a lock is left in a folder that is not ours
            lock = (self.path / LOCK).open("w")
        except OSError as error:
            message = f"{self.path} cannot be written ({error.strerror}): choose another folder."
            raise FolderError(message) from error
        with lock:
            self._lock(lock)
            if RUN not in names:
                self.write_json(RUN, run)
            self._refuse_other(run)
            self._sweep()
            try:
                yield
            finally:
                self._sweep()

    def _refuse_foreign(self, names: Collection[str]) -> None:
        foreign = [name for name in names if not _OURS.fullmatch(name)]
        if not foreign and RUN not in names:
            foreign = [name for name in names if name.startswith("part-") and not name.endswith(_TEMPORARY)]
        if foreign:
            what = ", ".join(sorted(foreign)[:3])
            raise FolderError(f"{self.path} holds files of something else ({what}): choose a new folder.")

    def _sweep(self) -> None:
        """Remove what a process that was ended left half-done."""
        for entry in self.path.glob("*" + _TEMPORARY):
            entry.unlink(missing_ok=True)

    def _lock(self, lock: IO[str]) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another process writes to {self.path}: wait for it, or choose another folder."
            raise FolderError(message) from error

    def _refuse_other(self, run: Mapping[str, Any]) -> None:
        there = self._json(RUN)
        if other := sorted(key for key in there.keys() | run.keys() if there.get(key) != run.get(key)):
            raise FolderError(
                f"{self.path} holds another run, with other {' and '.join(other)}: "
                "choose a new folder, or repeat that run as it was."
            )

    @contextmanager
    def written(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write to; it gets its name when it is whole and on the disk.

        Raises `FolderError` where the disk refuses. What is left then is removed when the claim ends.
        """
        # A process that outlives a killed run for a moment writes to a file of its own.
        temporary = self.path / f"{name}.{os.getpid()}{_TEMPORARY}"
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
            self._sync()
        except OSError as error:
            raise FolderError(
                f"{self.path / name} cannot be written ({error.strerror or error}): make room or change the "
                "permissions, then run the same command again. What is complete stays."
            ) from error

    def write_json(self, name: str, value: Any) -> None:
        """A value as a JSON file."""
        with self.written(name) as file:
            file.write(json.dumps(value, indent=1).encode() + b"\n")

    def record(self, part: str) -> dict[str, Any]:
        """The record of a part; empty where there is none."""
        return self._json(record_name(part))

    def intact(self, record: Mapping[str, Any]) -> bool:
        """Whether the files that a record tells of are there as they were written."""
        files = record.get("files", {})
        return bool(files) and all(self.digest(name) == digest for name, digest in files.items())

    def digest(self, name: str) -> dict[str, Any] | None:
        """Size in bytes and SHA-256 of a file; None if it is not there."""
        try:
            with (self.path / name).open("rb") as file:
                return {
                    "bytes": os.fstat(file.fileno()).st_size,
                    "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
                }
        except OSError:
            return None

    def _json(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _sync(self) -> None:
        """Put the names of the folder on the disk."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def record_name(part: str) -> str:
    """The name of the record of a part."""
    return part.split(".")[0] + ".json"


def dropped_name(part: str) -> str:
    """The name of the file that holds what was dropped from a part."""
    return part.split(".")[0] + ".dropped.jsonl"
