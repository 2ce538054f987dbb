"""Parquet files, a few row groups at a time: rows in, the same rows with verdicts as columns out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from detector import arrow
from detector.bulk.parts import Judge, Options, Part, Tally, tally
from detector.errors import InputError
from detector.rows import Verdicts

import pyarrow as pa  # isort: skip  # after detector.arrow, which says what to do where it is missing
import pyarrow.compute as pc  # isort: skip
import pyarrow.parquet as pq  # isort: skip

#: Bytes of text that are judged together, and bytes of rows that are written as a row group.
BATCH, GROUP = 8 << 20, 12 << 20
#: Rows that are judged together at most.
BATCH_ROWS = 16_384
_CODECS = {"UNCOMPRESSED": "none"}
_DAMAGE = (pa.ArrowException, OSError)


def group_sizes(path: str) -> list[int]:
    """Uncompressed bytes of each row group. Raises `InputError` for what is no Parquet file."""
    with opened_table(path) as table:
        return [table.metadata.row_group(i).total_byte_size for i in range(table.num_row_groups)]


def opened_table(path: str) -> Any:
    """A Parquet file that is read in small pieces. Raises `InputError` for what is none."""
    try:
        return pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    except _DAMAGE as error:
        raise InputError(f"{path} is not a readable Parquet file ({error}): write it again.") from error


def check(path: str, options: Options) -> None:
    """Raise `InputError` where the column is missing or no text, or a name of a new one is taken."""
    with opened_table(path) as table:
        schema = table.schema_arrow
    try:
        if schema.names.count(options.column) > 1:
            raise InputError(f"There are several columns {options.column!r}: rename all but one.")
        fields = [field for field in schema if field.name == options.column]
        empty = [pa.array([], field.type) for field in fields]
        named = pa.schema(fields) if fields else pa.schema([(name, pa.null()) for name in schema.names])
        batch = pa.RecordBatch.from_arrays(empty or [pa.nulls(0)] * len(schema), schema=named)
        arrow.judge(batch, options.column, options.format, options.model, options.point)
        arrow.added(schema, options.prefix)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


class Groups:
    """The rows of some row groups of a file, in batches. Damage ends them, and is kept in `damage`."""

    def __init__(self, path: str, start: int, stop: int) -> None:
        self.damage: str | None = None
        self._table = opened_table(path)
        self._groups = range(start, stop)

    @property
    def schema(self) -> pa.Schema:
        """Of the file."""
        return self._table.schema_arrow

    def codec(self, column: str) -> str:
        """How a column is compressed."""
        about = self._table.metadata
        for at in range(about.num_columns if about.num_row_groups else 0):
            chunk = about.row_group(0).column(at)
            if chunk.path_in_schema == column:
                return _CODECS.get(chunk.compression, str(chunk.compression))
        return "snappy"

    def share(self) -> float:
        """Bytes of the file for each row."""
        groups = [self._table.metadata.row_group(i) for i in self._groups]
        chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
        size = sum(int(chunk.total_compressed_size) for chunk in chunks)
        return size / max(1, sum(int(group.num_rows) for group in groups))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """About `BATCH` bytes at a time, never across row groups, so that damage costs least."""
        groups = [self._table.metadata.row_group(i) for i in self._groups]
        rows, size = sum(g.num_rows for g in groups), sum(g.total_byte_size for g in groups)
        count = min(max(BATCH * rows // max(size, 1), 1), BATCH_ROWS)
        try:
            for at in self._groups:
                yield from self._table.iter_batches(count, [at], use_threads=False)
        except _DAMAGE as error:
            self.damage = str(error)


def write_table(groups: Groups, judge: Judge, part: Part) -> Iterator[Tally]:
    """Write a part; what is told of each batch. Every column is compressed as the text is."""
    options = judge.options
    schema, done = arrow.added(groups.schema, options.prefix), 0
    with pq.ParquetWriter(part.file, schema, compression=groups.codec(options.column)) as writer:
        held: list[pa.RecordBatch] = []
        for batch in groups.batches():
            verdicts = _judged(batch, judge)
            held.append(_with_verdicts(batch, verdicts, judge, part, done))
            yield tally(verdicts, verdicts.faults, batch.num_rows, batch.num_rows)
            done += batch.num_rows
            if sum(batch.nbytes for batch in held) >= GROUP:
                _flush(writer, held, schema)
                held = []
        if held:
            _flush(writer, held, schema)


def _flush(writer: Any, held: list[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write a row group, and give its memory back."""
    table = pa.Table.from_batches(held, schema)
    writer.write_table(table, row_group_size=max(1, table.num_rows))
    held.clear()


def _judged(batch: pa.RecordBatch, judge: Judge) -> Verdicts:
    how = judge.options
    verdicts = arrow.judge(batch, how.column, how.format, how.model, how.point)
    if not how.strip:
        return verdicts
    texts = batch.column(how.column)
    rows = (row for row in _pages(texts, how.format) if row not in verdicts.faults)
    pages = {row: texts[row].as_py() for row in rows}
    return judge.with_pages(verdicts, pages, how.format)


def _pages(texts: pa.Array, format: str) -> list[int]:
    """The rows that may be HTML."""
    if format == "html":
        return list(range(len(texts)))
    # As bytes, since bytes that are no UTF-8 may be among them.
    begins = pc.match_substring_regex(_plain(texts).cast(pa.large_binary()), r"^(\xef\xbb\xbf|\s)*<")
    rows: list[int] = pc.indices_nonzero(begins).to_pylist()
    return rows


def _plain(texts: pa.Array) -> pa.Array:
    """Text that is not encoded as a dictionary."""
    decoded = texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts
    return decoded.cast(pa.large_string())


def _with_verdicts(
    batch: pa.RecordBatch, verdicts: Verdicts, judge: Judge, part: Part, first: int
) -> pa.RecordBatch:
    stories = {}
    if judge.options.strip:
        for row, report in sorted(verdicts.reports.items()):
            part.drop(first + row, report)
            stories[row] = report.editorial_text
    if stories:
        batch = _with_texts(batch, judge.options.column, stories)
    return arrow.with_verdicts(batch, verdicts, judge.options.prefix, judge.detector)


def _with_texts(batch: pa.RecordBatch, column: str, texts: Mapping[int, str]) -> pa.RecordBatch:
    """The batch with other texts in some rows of a column; its type stays."""
    at = batch.schema.get_field_index(column)
    mask = np.zeros(batch.num_rows, bool)
    mask[list(texts)] = True
    values = _plain(batch.column(at))
    values = pc.replace_with_mask(values, pa.array(mask), pa.array(list(texts.values()), pa.large_string()))
    columns = [*batch.columns[:at], _as(values, batch.schema.types[at]), *batch.columns[at + 1 :]]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _as(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Plain text as the type of string that it came in."""
    if not pa.types.is_dictionary(kind):
        return values.cast(kind)
    encoded = values.cast(kind.value_type).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        encoded.indices.cast(kind.index_type), encoded.dictionary, ordered=kind.ordered
    )
