"""`detector bulk` on whole files, beside reading and writing the same files without it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import report, texts, timing
from benchmarks.settings import Settings
from benchmarks.timing import Usage

ROUNDS = 2
#: Forms of file: name, ending, codec.
FORMS = (
    ("Parquet, snappy", ".parquet", "snappy"),
    ("Parquet, zstd", ".parquet", "zstd"),
    ("JSON Lines", ".jsonl", ""),
)
HEAD = (
    "MB of text a second",
    "read and written alone, of a core",
    "bulk, of a core",
    "bulk, by the clock",
    "two jobs on two cores, by the clock",
    "bulk is of alone",
    "two jobs are of one",
)


def run(settings: Settings) -> str:
    """The table, and what of the goals is reached."""
    rows, goals, others = [], [], 0.0
    with folder() as place:
        for name, end, codec in FORMS:
            file = written(place, end, settings.bulk, codec)
            alone, one, two = contest(file)
            file.unlink()
            others = max(others, one.others, two.others)
            ratio, gain = alone.cpu / one.cpu, one.wall / two.wall
            rates = (report.number(settings.bulk / s / 1e6) for s in (alone.cpu, one.cpu, one.wall, two.wall))
            rows.append((name, *rates, f"{ratio:.2f} ×", f"{gain:.2f} ×"))
            if codec:
                goals.append(report.least(ratio, f"× reading and writing alone ({name})", 0.4))
            goals.append(report.least(gain, f"× one job with two ({name})", 1.8))
    note = (
        f"One file of {report.size(settings.bulk)} of text: the paragraphs above, each with an id; Parquet "
        f"in row groups of {texts.GROUP_ROWS:,} rows. Whole processes are timed, from start to end. Other "
        f"processes took up to {others:.1f} of {os.cpu_count()} cores meanwhile."
    )
    return f"{note}\n\n{report.table(HEAD, rows)}\n{''.join(goals)}"


@contextmanager
def folder() -> Iterator[Path]:
    """A place for large files, which go with it."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        yield Path(name)


def written(place: Path, end: str, size: float, codec: str = "snappy") -> Path:
    """A file of paragraphs."""
    path = place / f"rows{end}"
    if end == ".parquet":
        texts.write_parquet(path, size, codec)
    else:
        texts.write_jsonl(path, size)
    return path


def contest(file: Path) -> tuple[Usage, Usage, Usage]:
    """The least of several rounds: the file alone, bulk with one job, bulk with two on two cores."""
    kept = file.with_name("judged")
    judge(file, kept)
    parts = sorted(kept.glob("*.parquet"))
    count = pq.ParquetFile(parts[0]).metadata.row_group(0).num_rows if parts else 0
    shutil.rmtree(kept)
    copy = file.with_name("copy")
    rounds = [(rewrite(file, copy, count), judged(file), judged(file, jobs=2)) for _ in range(ROUNDS)]
    copy.unlink()
    alone, one, two = zip(*rounds, strict=True)
    return least(alone), least(one), least(two)


def least(usages: Sequence[Usage]) -> Usage:
    """The least of each, and the most of what others took."""
    cpu, wall, peak, others = zip(*map(astuple, usages), strict=True)
    return Usage(min(cpu), min(wall), min(peak), max(others))


def rewrite(file: Path, copy: Path, rows: int) -> Usage:
    return timing.process([sys.executable, "-m", "benchmarks.rewriting", file, copy, rows])


def judged(file: Path, jobs: int = 1) -> Usage:
    """`judge`, and nothing left of it."""
    out = file.with_name("judged")
    usage = judge(file, out, jobs)
    shutil.rmtree(out)
    return usage


def judge(file: Path, out: Path, jobs: int = 1) -> Usage:
    """One run of bulk, on as many cores as jobs."""
    command = [sys.executable, "-m", "detector", "bulk", file, "--out", out, "--jobs", jobs]
    return timing.process(command, timing.CORES[:jobs])
