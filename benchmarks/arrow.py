"""Judging Arrow batches in full, every column made, beside the score alone."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from benchmarks import report, texts
from benchmarks.settings import Settings
from benchmarks.timing import best
from detector import Detector
from detector.arrow import score_batches

ROWS = 4096


def run(settings: Settings) -> str:
    """The table of rates, and what was found."""
    paragraphs = texts.paragraphs(settings.score)
    size = sum(len(text.encode()) for text in paragraphs)
    batches = pa.table({"text": paragraphs}).to_batches(max_chunksize=ROWS)
    detector = Detector.load()
    contestants = {
        "`detector.score`: the score alone": lambda: detector.score(paragraphs),
        "`detector.arrow.score_batches`: score, label, kinds, spans": lambda: list(score_batches(batches)),
        "`detector.analyze` of each paragraph": lambda: [detector.analyze(text) for text in paragraphs],
    }
    rows = [(name, report.number(size / best(call) / 1e6)) for name, call in contestants.items()]
    labels = Counter(label for batch in score_batches(batches) for label in batch["label"].to_pylist())
    told = ", ".join(f"{count:,} {label}" for label, count in labels.most_common())
    note = f"Batches of {ROWS:,} rows of the paragraphs above; judged {told}."
    return f"{note}\n\n{report.table(('judging on one core', 'MB/s'), rows)}"
