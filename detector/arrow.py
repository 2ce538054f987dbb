"""Arrow record batches with verdicts: one function for every engine that speaks Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector import rows, verdicts
from detector.detection import Detector, loaded
from detector.errors import DetectorError, InputError
from detector.measures import Measures, measure_utf8

try:
    import pyarrow as pa
except ImportError as error:
    raise DetectorError(
        "detector.arrow needs pyarrow: run `pip install 'disclaimer-detector[arrow]'`."
    ) from error

_SPAN = pa.struct(
    [("start", pa.int64()), ("end", pa.int64()), ("score", pa.float32()), ("kinds", pa.list_(pa.string()))]
)
#: The columns that are added to each batch. `score` and `label` are null where there is no text.
COLUMNS = pa.schema(
    [
        ("score", pa.float32()),
        ("label", pa.string()),
        ("kinds", pa.list_(pa.string())),
        ("spans", pa.list_(_SPAN)),
        ("model", pa.string()),
    ]
)
#: The same for Spark, to stand behind the columns that the data has.
DDL = (
    "score float, label string, kinds array<string>, "
    "spans array<struct<start:bigint,end:bigint,score:float,kinds:array<string>>>, model string"
)
_LABELS = ("editorial", "notice", "chrome", "unsure")
#: Types that hold text, by name: not every pyarrow that will do knows the last.
_TEXT = ("string", "large_string", "string_view")


def score_batches(
    batches: Iterable[pa.RecordBatch],
    column: str = "text",
    *,
    prefix: str = "",
    format: str = "auto",
    model: str | Path | None = None,
    point: str = "balanced",
) -> Iterator[pa.RecordBatch]:
    """The batches with `COLUMNS` added, each row judged as `Detector.analyze` judges its text.

    `column` holds the texts: any type of string, plain or dictionary-encoded. A null gets nulls.
    `spans` are the notices in a text, whole segments and sentences, with offsets in characters.
    `prefix` stands before the names of the added columns. The model is loaded once a process, at
    the first batch. Raises `InputError` for a missing column, one that is no text, and names that
    the data already has.
    """
    for batch in batches:
        found = judge(batch, column, format, model, point)
        yield with_verdicts(batch, found, prefix, loaded(model, point))


def score_table(table: pa.Table, column: str = "text", **options: Any) -> pa.Table:
    """`score_batches` over a table, for engines that pass tables."""
    _check(table.schema, column)
    made = list(score_batches(table.to_batches(), column, **options))
    return pa.Table.from_batches(made, added(table.schema, options.get("prefix", "")))


def added(schema: pa.Schema, prefix: str = "") -> pa.Schema:
    """The schema with `COLUMNS` behind it. Raises `InputError` where a name is taken."""
    names = [prefix + name for name in COLUMNS.names]
    if taken := sorted(set(names) & set(schema.names)):
        raise InputError(
            f"The data already has columns {', '.join(taken)}: rename them, or give the new ones a prefix."
        )
    fields = [field.with_name(name) for field, name in zip(COLUMNS, names, strict=True)]
    return pa.schema([*schema, *fields], metadata=schema.metadata)


def judge(
    batch: pa.RecordBatch, column: str, format: str, model: str | Path | None, point: str
) -> rows.Verdicts:
    """The verdicts on one column of a batch."""
    detector, texts = loaded(model, point), _texts(batch, column)
    limit = verdicts.cut(detector.model, detector.limits)
    found = measure_utf8(detector.model, texts.data, texts.offsets, limit)
    return rows.judge_measured(detector, texts, found, texts.faults(found), format)


def with_verdicts(
    batch: pa.RecordBatch, found: rows.Verdicts, prefix: str, detector: Detector
) -> pa.RecordBatch:
    """The batch with its verdicts as columns."""
    valid = np.ones(batch.num_rows, np.bool_)
    valid[list(found.faults)] = False
    labels = np.full(batch.num_rows, _LABELS.index("editorial"), np.int8)
    labels[list(found.reports)] = [_LABELS.index(rows.label(report)) for report in found.reports.values()]
    kinds = {row: rows.kinds(report) for row, report in found.reports.items()}
    spans = {
        row: [{"start": n.start, "end": n.end, "score": n.score, "kinds": n.kinds} for n in report.notices]
        for row, report in found.reports.items()
    }
    columns = [
        pa.array(found.scores, pa.float32(), mask=~valid),
        pa.DictionaryArray.from_arrays(pa.array(labels, mask=~valid), pa.array(_LABELS)).cast(pa.string()),
        _lists(kinds, pa.string(), valid),
        _lists(spans, _SPAN, valid),
        pa.repeat(pa.scalar(detector.model.name), batch.num_rows),
    ]
    return pa.RecordBatch.from_arrays([*batch.columns, *columns], schema=added(batch.schema, prefix))


def _lists(by_row: Mapping[int, Sequence[Any]], type: pa.DataType, valid: Any) -> pa.ListArray:
    """A list a row, empty where nothing is said of a row, null where it is not valid."""
    counts = np.zeros(len(valid), np.int32)
    counts[list(by_row)] = [len(values) for values in by_row.values()]
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int32)))
    values = [value for row in sorted(by_row) for value in by_row[row]]
    return pa.ListArray.from_arrays(pa.array(offsets, mask=np.append(~valid, False)), pa.array(values, type))


class _Texts(Sequence[str | None]):
    """The texts of an Arrow array, each decoded when it is asked for."""

    def __init__(self, values: Any) -> None:
        width = np.int64 if pa.types.is_large_string(values.type) else np.int32
        _, offsets, data = values.buffers()
        self._valid = values.is_valid()
        empty = np.zeros(len(values) + 1, width)
        whole = np.frombuffer(offsets, width) if offsets else empty
        self.offsets = whole[values.offset : values.offset + len(values) + 1] if len(values) else empty
        self.data = memoryview(data or b"")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: Any) -> Any:
        return (
            str(self.data[self.offsets[row] : self.offsets[row + 1]], "utf-8") if self._valid[row] else None
        )

    def faults(self, found: Measures) -> dict[int, str]:
        """What is wrong with which row: null, or not UTF-8."""
        wrong = dict.fromkeys(np.flatnonzero(found.sizes < 0).tolist(), "not UTF-8")
        if self._valid.false_count:
            null = np.flatnonzero(~self._valid.to_numpy(zero_copy_only=False))
            wrong |= dict.fromkeys(null.tolist(), "no text")
        return wrong


def _texts(batch: pa.RecordBatch, column: str) -> _Texts:
    _check(batch.schema, column)
    values = batch.column(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    plain = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    return _Texts(values if plain else values.cast(pa.string()))


def _check(schema: pa.Schema, column: str) -> None:
    """Raises `InputError` where there is no such column of text."""
    if column not in schema.names:
        raise InputError(f"There is no column {column!r}: the data has {', '.join(schema.names)}.")
    held = schema.field(column).type
    kind = held.value_type if pa.types.is_dictionary(held) else held
    if str(kind) not in _TEXT:
        raise InputError(f"Column {column!r} holds {held}, not text: name another, or cast it to string.")
