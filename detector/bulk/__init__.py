"""Judging whole data sets: shards side by side, each written whole or not at all, so that a run can go on.

    outcome = run(["articles.parquet"], "judged", Options(column="body"), jobs=4)

The parts follow from the inputs and the options alone: the number of processes, a kill and a second
run leave no trace in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import count, islice
from operator import add
from pathlib import Path
from typing import Any

import detector
from detector.bulk import workers
from detector.bulk.compression import Stream, compressed
from detector.bulk.folder import MANIFEST, Folder, dropped_name, record_name
from detector.bulk.lines import Fields, Taken, text_of
from detector.bulk.parts import KEPT_FAULTS, Judge, Options, Part, Tally, article_rows, line_rows, write_lines
from detector.bulk.shards import Lane, Shard, lanes, part_name, plan, streamed
from detector.bulk.sources import Lines, Source, find
from detector.bulk.workers import Tell, Watch
from detector.errors import InputError
from detector.files import opened

#: The shape of the output folder; a run in another one is not gone on with.
LAYOUT = 1
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run. `before` of the `parts` were complete when it began.

    `total` counts all rows. `faults` tell the first bad rows by place; `troubles` what else went
    wrong: a damaged input, of which the rows before the damage are there, or one that is gone.
    """

    inputs: int
    parts: int
    before: int
    total: Tally
    faults: tuple[str, ...]
    troubles: tuple[str, ...]


def run(
    inputs: Sequence[str],
    out: str | Path,
    options: Options | None = None,
    *,
    jobs: int = 1,
    watch: Watch | None = None,
) -> Outcome:
    """Judge every row of the inputs; the rows with their verdicts become parts in the folder `out`.

    Where the folder holds the beginning of the same run, this goes on with it. With several jobs, call
    it from under `if __name__ == "__main__"`. Raises `InputError` for inputs that cannot be read or lack
    the column, `FolderError` for a folder that cannot be used, `DetectorError` where a process died.
    """
    options, watch, folder = options or Options(), watch or Watch(), Folder(Path(out))
    judge = Judge.load(options)
    sources = find(inputs, folder.path)
    for source in sources:
        _check(source, options)
    identity = _identity(sources, options, judge)
    with folder.claimed(identity):
        plans = {source: plan(source) for source in sources}
        before = {source: _intact(folder, source, shards) for source, shards in plans.items()}
        watch.begin(sum(_left(source, plans[source], done) for source, done in before.items()))
        troubles = workers.do(work, list(_tasks(plans, before, jobs)), folder, judge, jobs, watch)
        troubles += tuple(_changed(source) for source in sources if source.changed())
        records = {source: list(_records(folder, source, shards)) for source, shards in plans.items()}
        if not troubles:
            folder.write_json(MANIFEST, _manifest(identity, records))
    return _outcome(records, sum(map(len, before.values())), troubles)


def _changed(source: Source) -> str:
    return f"{source.path} changed while it was read: run into a new folder."


def _check(source: Source, options: Options) -> None:
    """Raise `InputError` for what is wrong with a whole source, before anything is written."""
    if source.form == "table":
        from detector.bulk import tables

        tables.check(source.path, options)
    elif source.form == "lines":
        with opened(source.path) as file:
            for batch in Lines(Stream(file, source.codec)).take(1):
                found = text_of(batch[0], options.column, Fields(options.prefix, "").names())
                if isinstance(found, Taken):
                    raise InputError(f"{source.path} {found.why}.")


def _identity(sources: Sequence[Source], options: Options, judge: Judge) -> dict[str, Any]:
    """What the output follows from."""
    return {
        "layout": LAYOUT,
        "detector": detector.__version__,
        "model": judge.detector.model.name,
        "options": {name: value for name, value in asdict(options).items() if name != "model"},
        "inputs": [{"path": s.path, "bytes": s.size, "sha256": s.sha256} for s in sources],
    }


def _intact(folder: Folder, source: Source, shards: Sequence[Shard]) -> set[int]:
    """The shards of a source that are complete; of a compressed file, all of them or none."""
    records = list(_records(folder, source, shards))
    intact = {record["shard"] for record in records if folder.intact(record)}
    if source.codec and not (records and records[-1].get("last") and len(intact) == len(records)):
        return set()
    return intact


def _records(folder: Folder, source: Source, shards: Sequence[Shard]) -> Iterator[Record]:
    """The records of a source, in order; those of a compressed file until one is not there."""
    for number in count() if source.codec else range(len(shards)):
        record = folder.record(part_name(source, number))
        if record:
            yield record
        if source.codec and (not record or record.get("last")):
            return


def _left(source: Source, shards: Sequence[Shard], done: set[int]) -> int:
    """About how many bytes of a source are to be done."""
    if source.codec:
        return 0 if done else source.size
    return source.size * (len(shards) - len(done)) // max(1, len(shards))


def _tasks(
    plans: Mapping[Source, Sequence[Shard]], before: Mapping[Source, set[int]], jobs: int
) -> Iterator[Shard | Lane]:
    """What is to be done, for processes side by side, in the order of the sources."""
    streams = [source for source, done in before.items() if source.codec and not done]
    for source, shards in plans.items():
        if source in streams:
            yield from lanes(source, max(1, jobs // len(streams)))
        yield from (shard for shard in shards if shard.number not in before[source])


def work(task: Shard | Lane, folder: Folder, judge: Judge, tell: Tell) -> None:
    """Make the parts of a task. Raises `InputError` where the source is gone, and `FolderError`."""
    if isinstance(task, Lane):
        _stream(task, folder, judge, tell)
    elif task.source.form == "table":
        _table(task, folder, judge, tell)
    elif task.source.form == "lines":
        _lines(task, folder, judge, tell)
    else:
        _articles(task, folder, judge, tell)


def _lines(shard: Shard, folder: Folder, judge: Judge, tell: Tell) -> None:
    with opened(shard.source.path) as file:
        file.seek(shard.start)
        lines = Lines(Stream(file, ""))
        batches = line_rows(lines.take(shard.stop - shard.start), judge.options)
        with _part(folder, shard.source, shard.number, judge) as part:
            total = _told(write_lines(batches, judge, part), tell, lambda _: file.tell())
        _record(folder, shard.source, shard.number, total, lines.damage, judge)


def _stream(lane: Lane, folder: Folder, judge: Judge, tell: Tell) -> None:
    """The shards of a compressed file that fall to a lane; the others are read and left."""
    source, size = lane.source, streamed(lane.source)
    with opened(source.path) as file:
        lines = Lines(Stream(file, source.codec))
        for number in count():
            mine = number % lane.of == lane.number
            done = mine and folder.intact(folder.record(part_name(source, number)))
            if mine and not done:
                batches = line_rows(lines.take(size), judge.options)
                with _part(folder, source, number, judge) as part:
                    total = _told(write_lines(batches, judge, part), tell, lambda _: file.tell())
                last = lines.ended()
                _record(folder, source, number, total, lines.damage, judge, last=last)
            else:
                at = file.tell()
                for _ in lines.take(size):
                    pass
                tell(0, file.tell() - at if mine else 0)
            if lines.ended():
                return


def _table(shard: Shard, folder: Folder, judge: Judge, tell: Tell) -> None:
    from detector.bulk.tables import Groups, write_table

    groups = Groups(shard.source.path, shard.start, shard.stop)
    share = groups.share()
    with _part(folder, shard.source, shard.number, judge) as part:
        total = _told(write_table(groups, judge, part), tell, lambda total: total.rows * share)
    _record(folder, shard.source, shard.number, total, groups.damage, judge)


def _articles(shard: Shard, folder: Folder, judge: Judge, tell: Tell) -> None:
    batches = article_rows(shard.source.files, judge.options)
    share = shard.source.size / len(shard.source.files)
    with _part(folder, shard.source, shard.number, judge) as part:
        total = _told(write_lines(batches, judge, part), tell, lambda total: total.rows * share)
    _record(folder, shard.source, shard.number, total, None, judge)


@contextmanager
def _part(folder: Folder, source: Source, number: int, judge: Judge) -> Iterator[Part]:
    name = part_name(source, number)
    with ExitStack() as stack:
        strip = judge.options.strip
        dropped = stack.enter_context(folder.written(dropped_name(name))) if strip else None
        file = stack.enter_context(folder.written(name))
        with compressed(file, source.codec) as packed:
            yield Part(packed, dropped)


def _told(tallies: Iterator[Tally], tell: Tell, place: Callable[[Tally], float]) -> Tally:
    """All tallies together, told one by one; `place` is where in the input the work is after each."""
    total = Tally()
    at = int(place(total))
    for tally in tallies:
        total += tally
        now = int(place(total))
        tell(tally.rows, now - at)
        at = now
    return total


def _record(
    folder: Folder, source: Source, number: int, total: Tally, damage: str | None, judge: Judge, **more: Any
) -> None:
    """Write the record of a part, which makes the part count."""
    part = part_name(source, number)
    names = [part, dropped_name(part)] if judge.options.strip else [part]
    record = {
        "part": part,
        "input": source.path,
        "shard": number,
        **more,
        "damage": damage,
        **total.to_dict(),
        "files": {name: folder.digest(name) for name in names},
    }
    folder.write_json(record_name(part), record)


def _manifest(identity: Mapping[str, Any], records: Mapping[Source, Sequence[Record]]) -> dict[str, Any]:
    """The whole run in one file; bad rows by place stay in the records."""
    parts = [record for some in records.values() for record in some]
    inputs = [
        told | _without_faults(_total(some))
        for told, some in zip(identity["inputs"], records.values(), strict=True)
    ]
    return {
        **identity,
        "inputs": inputs,
        "parts": [{name: value for name, value in part.items() if name != "faults"} for part in parts],
        "total": _without_faults(_total(parts)),
    }


def _total(records: Sequence[Record]) -> Tally:
    return reduce(add, map(Tally.from_dict, records), Tally())


def _without_faults(total: Tally) -> dict[str, Any]:
    return {name: value for name, value in total.to_dict().items() if name != "faults"}


def _outcome(records: Mapping[Source, Sequence[Record]], before: int, troubles: Sequence[str]) -> Outcome:
    parts = [record for some in records.values() for record in some]
    faults = (fault for source, some in records.items() for fault in _faults(source, some))
    told = islice(faults, KEPT_FAULTS)
    damaged = [damage for source, some in records.items() for damage in _damages(source, some)]
    empty = [
        f"{source.path} holds no rows: leave it out."
        for source, some in records.items()
        if _is_empty(source, some)
    ]
    all_troubles = (*damaged, *(troubles or empty))
    return Outcome(len(records), len(parts), before, _total(parts), tuple(told), all_troubles)


def _is_empty(source: Source, records: Sequence[Record]) -> bool:
    """Whether a file of lines has none that is a row; a table without rows still has its columns."""
    damaged = any(record["damage"] for record in records)
    return source.form != "table" and not damaged and not _total(records).rows


def _faults(source: Source, records: Sequence[Record]) -> Iterator[str]:
    """Bad rows by their place in the source."""
    done = 0
    for record in records:
        for fault in record["faults"]:
            yield f"{_place(source, done + fault['index'])}: {fault['why']}"
        done += record["lines"]


def _damages(source: Source, records: Sequence[Record]) -> Iterator[str]:
    done = 0
    for record in records:
        done += record["lines"]
        if record["damage"]:
            yield (
                f"{_place(source, done)}: damaged from here ({record['damage']}). The rows before were "
                "judged: mend the file, and run into a new folder."
            )


def _place(source: Source, index: int) -> str:
    """As an editor counts lines, and a data frame rows."""
    if source.form == "table":
        return f"{source.path}, row {index}"
    if source.form == "lines":
        return f"{source.path}, line {index + 1}"
    return f"{source.path}, file {index + 1}"
