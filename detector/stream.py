"""Scoring a stream of paragraphs: bytes in by the line, scored lines out in the same order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import regex

from detector.detection import loaded

#: Lines and bytes that are scored together, whichever is reached first.
BATCH_LINES, BATCH_BYTES = 4096, 1 << 20
_LONE_SURROGATE = regex.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rows:
    """How lines are read: plain paragraphs, or JSON objects whose `field` holds the paragraph."""

    field: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch that came back: lines to print, how many were read, and what was wrong with which."""

    lines: list[str]
    read: int
    bytes: int
    faults: list[str] = field(default_factory=list)


def scored(lines: Iterable[bytes], rows: Rows, jobs: int = 1) -> Iterator[Scored]:
    """Score lines in batches, in order. `jobs` processes work side by side on bounded memory.

    A line that cannot be read is given back with what is wrong instead of a score; nothing is lost.
    """
    batches = _batches(lines)
    if jobs == 1:
        yield from (_score(batch, number, rows) for number, batch in batches)
        return
    with ProcessPoolExecutor(jobs) as pool:
        waiting: deque[Future[Scored]] = deque()
        for number, batch in batches:
            waiting.append(pool.submit(_score, batch, number, rows))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batches(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Batches with the number of their first line."""
    stream, number = iter(lines), 1
    while batch := list(islice(stream, 1)):
        size = len(batch[0])
        while size < BATCH_BYTES and len(batch) < BATCH_LINES and (more := next(stream, None)):
            batch.append(more)
            size += len(more)
        yield number, batch
        number += len(batch)


def _score(batch: list[bytes], first: int, rows: Rows) -> Scored:
    read = [_read(line.rstrip(b"\r\n"), rows) for line in batch]
    texts = [text for text, _, fault in read if not fault]
    scores = iter(loaded(rows.model).score(texts).tolist())
    lines, faults = [], []
    for number, (text, row, fault) in enumerate(read, first):
        if fault:
            faults.append(f"line {number}: {fault}")
            lines.append(_faulty(text, number, fault, rows))
        elif row is not None:
            lines.append(json.dumps(row | {"score": round(next(scores), 6)}, ensure_ascii=False))
        else:
            score = next(scores)
            lines.append(f"{score:.6f}\t{text}" if text.strip() else f"\t{text}")
    return Scored(lines, len(batch), sum(map(len, batch)), faults)


def _read(line: bytes, rows: Rows) -> tuple[str, dict[str, Any] | None, str]:
    """The paragraph of a line, its JSON object, and what is wrong with it."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return line.decode("utf-8", "backslashreplace"), None, f"not UTF-8 at byte {error.start}"
    if rows.field is None:
        return text, None, ""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return text, None, f"not JSON ({error})"
    if not isinstance(row, dict) or not isinstance(row.get(rows.field), str):
        return text, None, f"no text in field {rows.field!r}"
    return row[rows.field], row, ""


def _faulty(text: str, number: int, fault: str, rows: Rows) -> str:
    if rows.field is None:
        return f"\t{text}"
    return json.dumps({"line": number, "error": fault, "raw": text}, ensure_ascii=False)


def printable(text: str) -> str:
    """Text that can be written as UTF-8: a lone surrogate becomes its escape, as in JSON."""
    return str(_LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))
