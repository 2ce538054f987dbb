"""Files taken in from the command line, with a progress bar."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from detector import Detector, files
from detector.errors import InputError
from detector.stream import printable
from web.data import intake
from web.data.database import Database
from web.data.intake import Incoming

#: Faults that are told one by one; the others are counted.
TOLD = 10

#: What becomes of articles, and of files that cannot be read to their end.
_STATES = ("stored", "unchanged", "replaced", "refused", "unreadable")

#: Tells how many bytes of all are done, and what there is to say.
Advance = Callable[[int, str], None]


@dataclass(slots=True)
class Tally:
    """How many articles were stored, unchanged, replaced or refused, and how many files not readable."""

    states: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether nothing was refused."""
        return not self.states["refused"] and not self.states["unreadable"]

    def add(self, state: str, fault: str | None = None) -> None:
        """Count an outcome; a fault is told, unless there were many."""
        self.states[state] += 1
        if fault is not None and self.states[state] <= TOLD:
            complain(fault)

    def __str__(self) -> str:
        told = (f"{self.states[state]:,} {state}" for state in _STATES if self.states[state])
        return ", ".join(told) or "nothing"


def ingest(
    database: Database, detector: Detector, names: Sequence[str], source: str, format: str, who: str
) -> Tally:
    """Take in the articles of some files; what cannot be read or stored is told and does not stop the others.

    Raises `InvalidError` for a bad name of the source, `DataError` where the database fails.
    """
    tally = Tally()
    with _progress(names) as advance:
        done = 0
        for name in names:
            try:
                data = files.read(name)
                incoming = intake.documents(data, name, format)
                drawn = _drawn(incoming, name, tally, partial(_moved, advance, tally, done))
                for result in intake.stream(database, detector, drawn, source, who):
                    fault = f"{name}, {result.key}: {result.error}" if result.error else None
                    tally.add(result.state, fault)
                done += len(data)
            except InputError as error:
                tally.add("unreadable", str(error))
            advance(done, str(tally))
    return tally


def complain(message: str) -> None:
    """Say on the error console what is wrong."""
    print(f"web: {printable(message)}", file=sys.stderr)


def _drawn(
    incoming: Iterable[Incoming], name: str, tally: Tally, advance: Callable[[int], None]
) -> Iterator[Incoming]:
    """The articles of a file up to where it cannot be read: those before it are taken in all the same."""
    size = 0
    try:
        for article in incoming:
            yield article
            size += len(article.text.encode("utf-8", "surrogatepass"))
            advance(size)
    except InputError as error:
        tally.add("unreadable", str(error))


def _moved(advance: Advance, tally: Tally, done: int, size: int) -> None:
    advance(done + size, str(tally))


@contextmanager
def _progress(names: Sequence[str]) -> Iterator[Advance]:
    """A progress bar of bytes on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, text: None
        return
    total = sum(path.stat().st_size for path in map(Path, names) if path.is_file())
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=max(total, 1))
        yield lambda done, text: bar.update(task, completed=done, description=text)
