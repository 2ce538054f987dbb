"""The command `detector bulk`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from detector.errors import DetectorError
from detector.model import POINTS
from detector.stream import printable

DONE, WRONG = 0, 2
#: Bad rows that are told one by one; the others are counted.
TOLD = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser], jobs: Callable[[str], int]) -> None:
    """Add the command to the command line; `jobs` reads a number of processes."""
    what = "judge every row of JSON Lines, Parquet and folders of articles, into a folder"
    command = commands.add_parser("bulk", help=what, description=what.capitalize() + ".")
    command.set_defaults(run=_run)
    command.add_argument(
        "inputs", nargs="+", metavar="IN", help=".jsonl, .ndjson (.gz, .zst), .parquet, or a folder"
    )
    command.add_argument("--out", required=True, metavar="DIR", help="a new folder, or one to go on with")
    command.add_argument("--column", "--field", default="text", help="what holds the text (default: text)")
    command.add_argument(
        "--format", choices=["auto", "text", "markdown", "html"], default="auto", help="default: auto"
    )
    command.add_argument("--point", choices=POINTS, default="balanced", help="default: balanced")
    command.add_argument("--prefix", default="", help="stands before the names of what is added")
    command.add_argument("--strip", action="store_true", help="leave the story in the column, the rest aside")
    command.add_argument("--jobs", type=jobs, default=1, metavar="N", help="processes (default: 1)")
    command.add_argument("--model", metavar="PATH", help="another model file")


def _run(options: argparse.Namespace) -> int:
    from detector.bulk import run
    from detector.bulk.parts import Options

    names = ("column", "format", "point", "prefix", "strip", "model")
    how = Options(**{name: getattr(options, name) for name in names})
    begin = time.monotonic()
    try:
        with _watch() as watch:
            outcome = run(options.inputs, options.out, how, jobs=options.jobs, watch=watch)
    except KeyboardInterrupt:
        return _complain("stopped. What is complete stays: run the same command again to go on.")
    except DetectorError as error:
        return _complain(str(error))
    for line in (*outcome.troubles, *outcome.faults[:TOLD]):
        _complain(line)
    print(printable(_summary(outcome, options.out, time.monotonic() - begin)))
    bad, rows = outcome.total.bad, outcome.total.rows
    if bad:
        _complain(f"{bad:,} of {rows:,} rows could not be judged; the others were.")
    return WRONG if bad or outcome.troubles else DONE


def _summary(outcome: Any, out: str, seconds: float) -> str:
    total = outcome.total
    labels = ", ".join(f"{count:,} {label}" for label, count in total.labels.items())
    before = f" ({outcome.before:,} were there)" if outcome.before else ""
    return (
        f"{out}: {outcome.parts:,} parts{before}, {total.rows:,} rows ({labels or 'none judged'}), "
        f"{total.notices:,} notices, {total.bad:,} bad rows; {seconds:.1f} s"
    )


@contextmanager
def _watch() -> Iterator[Any]:
    """A progress bar on a terminal; nothing elsewhere."""
    from detector.bulk.workers import Watch

    if not sys.stderr.isatty():
        yield Watch()
        return
    columns = (TextColumn("judging"), BarColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress)


class _Bar:
    """Shows how far a run is, and how fast."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("", total=None, speed="")
        self._begin, self._rows, self._size = time.monotonic(), 0, 0

    def begin(self, size: int) -> None:
        """The inputs are known."""
        self._begin = time.monotonic()
        self._progress.update(self._task, total=size)

    def advance(self, rows: int, size: int) -> None:
        """More is done."""
        self._rows, self._size = self._rows + rows, self._size + size
        seconds = max(time.monotonic() - self._begin, 1e-3)
        speed = f"{self._rows / seconds:,.0f} rows/s, {self._size / seconds / 1e6:,.1f} MB/s"
        self._progress.update(self._task, advance=size, speed=speed)


def _complain(message: str) -> int:
    print(f"detector: {printable(message)}", file=sys.stderr)
    return WRONG
