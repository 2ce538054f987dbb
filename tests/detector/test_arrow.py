"""Verdicts as columns of Arrow batches."""

import subprocess
import sys

import numpy as np
import pytest

from detector import Detector, DetectorError
from tests.cases import cases

pa = pytest.importorskip("pyarrow")
arrow = pytest.importorskip("detector.arrow")

TEXTS = [row["text"] for name in ("stock", "hard", "plain", "inline") for row in cases(name)[::3]]
TYPES = [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]


def table(texts, type=None):
    return pa.table({"id": range(len(texts)), "text": pa.array(texts, type or pa.string())})


@pytest.mark.parametrize("type", TYPES, ids=str)
def test_columns_are_the_report(judge, type):
    """Each row has the score, label, kinds and spans of `analyze`, and every column that it had."""
    made = arrow.score_table(table(TEXTS, type))
    assert made.column_names == ["id", "text", "score", "label", "kinds", "spans", "model"]
    assert made.schema.field("text").type == type
    for row in made.to_pylist():
        report = judge.analyze(row["text"])
        assert row["score"] == judge.score(row["text"])
        assert [(s["start"], s["end"], tuple(s["kinds"])) for s in row["spans"]] == [
            (n.start, n.end, n.kinds) for n in report.notices
        ]
        assert row["kinds"] == list(dict.fromkeys(k for n in report.notices for k in n.kinds))
        assert row["model"] == judge.model.name


def test_batches_slices_and_chunks_give_the_same(judge):
    """However the rows are cut, whole and sliced arrays give the same columns."""
    whole = arrow.score_table(table(TEXTS))
    pieces = table(TEXTS).to_batches(max_chunksize=7)
    assert pa.Table.from_batches(arrow.score_batches(pieces)).combine_chunks() == whole.combine_chunks()
    part = next(arrow.score_batches([table(TEXTS).to_batches()[0].slice(5, 9)]))
    assert pa.Table.from_batches([part]) == whole.slice(5, 9).combine_chunks()


def test_nulls_get_nulls(judge):
    """A null has no score, label, kinds or spans; its neighbours do."""
    rows = arrow.score_table(table([None, "All rights reserved.", None])).to_pylist()
    assert [row["label"] for row in rows] == [None, "notice", None]
    assert rows[0]["score"] is rows[0]["kinds"] is rows[0]["spans"] is None


def test_bytes_that_are_no_text_get_nulls():
    """Arrow does not check its strings; a row that is not UTF-8 is null, the others are judged."""
    data, offsets = (
        pa.py_buffer(b"ok\xffAll rights reserved."),
        pa.py_buffer(np.array([0, 2, 3, 23], np.int32)),
    )
    broken = pa.StringArray.from_buffers(3, offsets, data)
    batch = pa.RecordBatch.from_arrays([broken], ["text"])
    made = next(arrow.score_batches([batch]))
    assert made.column("label").to_pylist() == ["editorial", None, "notice"]


def test_empty_batches_keep_the_columns():
    """No rows in, no rows out, with the new columns."""
    made = arrow.score_table(table([]))
    assert made.num_rows == 0 and made.column_names[-1] == "model"


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ({"body": ["x"]}, {}, "no column 'text': the data has body"),
        ({"text": [1]}, {}, "holds int64, not text"),
        ({"text": [b"x"]}, {}, "holds binary, not text"),
        ({"text": ["x"], "score": [1.0]}, {}, "already has columns score"),
        ({"text": ["x"]}, {"point": "lax"}, "Unknown operating point"),
        ({"text": ["x"]}, {"format": "pdf"}, "pdf"),
    ],
)
def test_wrong_data_is_an_error_with_a_remedy(data, options, message):
    """A missing column, one that is no text, a name that is taken, an unknown option."""
    with pytest.raises(DetectorError, match=message):
        arrow.score_table(pa.table(data), **options)


def test_a_prefix_keeps_names_apart():
    """With a prefix the data keeps its own score."""
    made = arrow.score_table(pa.table({"text": ["x"], "score": [1.0]}), prefix="notice_")
    assert made.column_names == ["text", "score", *("notice_" + name for name in arrow.COLUMNS.names)]


def test_the_core_does_not_need_arrow():
    """Importing and scoring loads no pyarrow, lxml, pandas, scikit-learn or Flask."""
    code = (
        "import sys, detector; detector.score('x'); detector.analyze('x');"
        "print([m for m in ('pyarrow', 'lxml', 'pandas', 'sklearn', 'flask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_points_and_formats_reach_the_detector():
    """An operating point and a format are those of `Detector` and `analyze`."""
    strict = Detector.load(point="strict")
    made = arrow.score_table(table(TEXTS), point="strict")
    labels = [arrow.rows.label(strict.analyze(text)) for text in TEXTS]
    assert made.column("label").to_pylist() == labels
