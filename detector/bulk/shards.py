"""How sources are cut into shards, each of which becomes one part of the output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from detector.bulk.sources import Source, size_of
from detector.files import opened

#: A file is cut into this many shards, so that a few processes end together, whatever their number …
SHARDS = 16
#: … but of no less and no more than so many bytes (of a Parquet file and a compressed one: uncompressed).
LEAST, MOST = 4 << 20, 64 << 20


@dataclass(frozen=True, slots=True)
class Shard:
    """A stretch of a source: bytes of its lines, row groups of its table, or articles by index.

    Of articles, `source` holds only those of the shard.
    """

    source: Source
    number: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Lane:
    """Every `of`-th shard of a compressed file, from `number` on: its cuts are known when it is read."""

    source: Source
    number: int
    of: int


def part_name(source: Source, number: int) -> str:
    """The file that shard `number` of a source becomes: both numbers, then the form of the source."""
    end = {"lines": ".jsonl", "articles": ".jsonl", "table": ".parquet"}[source.form]
    codec = {"": "", "gzip": ".gz", "zstd": ".zst"}[source.codec]
    return f"part-{source.number:05}-{number:05}{end}{codec}"


def plan(source: Source) -> tuple[Shard, ...]:
    """The shards of a source, of about equal size; empty for a compressed file.

    They follow from the source alone, never from the number of processes. Raises `InputError` for
    a file that is no Parquet.
    """
    if source.codec:
        return ()
    cut = {"lines": _line_cuts, "table": _group_cuts, "articles": _article_cuts}[source.form]
    cuts = [0, *cut(source)]
    return tuple(
        Shard(_part_of(source, start, stop), number, start, stop)
        for number, (start, stop) in enumerate(pairwise(cuts))
    )


def _part_of(source: Source, start: int, stop: int) -> Source:
    """Articles alone, so that a process is not sent the names of all."""
    if not source.files:
        return source
    size = source.size * (stop - start) // len(source.files)
    return replace(source, files=source.files[start:stop], size=size)


def lanes(source: Source, count: int) -> tuple[Lane, ...]:
    """A compressed file for `count` processes: each reads all of it, and judges its share of the shards."""
    return tuple(Lane(source, number, count) for number in range(count))


def streamed(source: Source) -> int:
    """Bytes of each shard of a compressed file, uncompressed; text is taken to shrink to a quarter."""
    return _aim(4 * source.size)


def _aim(size: int) -> int:
    return min(max(size // SHARDS + 1, LEAST), MOST)


def _line_cuts(source: Source) -> list[int]:
    """The first line end at or after each multiple of the aim, and the end of the file."""
    aim, cuts = _aim(source.size), [0]
    with opened(source.path) as file:
        while cuts[-1] < source.size:
            file.seek(min(cuts[-1] + aim, source.size) - 1)
            while (piece := file.readline(1 << 20)) and not piece.endswith(b"\n"):
                pass
            cuts.append(file.tell() if piece else source.size)
    return cuts[1:]


def _group_cuts(source: Source) -> list[int]:
    from detector.bulk.tables import group_sizes

    sizes = group_sizes(source.path)
    # A file without rows still has columns, and becomes a part.
    return list(_runs(sizes, _aim(sum(sizes)))) or [0]


def _article_cuts(source: Source) -> list[int]:
    sizes = [size_of(file) for file in source.files]
    return list(_runs(sizes, _aim(sum(sizes))))


def _runs(sizes: Iterable[int], aim: int) -> Iterator[int]:
    """Where runs of things end that together are not larger than the aim, if they are more than one."""
    held = count = 0
    for count, size in enumerate(sizes):
        if held and held + size > aim:
            yield count
            held = 0
        held += max(size, 1)
    if held:
        yield count + 1
