"""The trials behind `fitting.Settings`: the notice head alone, one setting changed at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.segmentation import segment
from training import metrics
from training.corpus import Example
from training.evaluation import Article, Row
from training.features import matrix
from training.fitting import Settings, learn_notices
from training.folding import symbol_table
from training.splits import folds
from training.variation import varied

_BASE = Settings()
_WINDOWS = _BASE.recipe
#: What is tried, by name.
TRIALS: dict[str, Settings] = {
    "as shipped": _BASE,
    "windows 5": replace(_BASE, recipe=replace(_WINDOWS, windows=((5, 2),))),
    "windows 7": replace(_BASE, recipe=replace(_WINDOWS, windows=((7, 2),))),
    "windows 5 and 6": replace(_BASE, recipe=replace(_WINDOWS, windows=((5, 2), (6, 3)))),
    "windows 6, of 3 in scripts of many signs": replace(_BASE, recipe=replace(_WINDOWS, windows=((6, 3),))),
    "no windows": replace(_BASE, recipe=replace(_WINDOWS, windows=())),
    "no words": replace(_BASE, recipe=replace(_WINDOWS, words=0)),
    "words 1": replace(_BASE, recipe=replace(_WINDOWS, words=1)),
    "words 1–3": replace(_BASE, recipe=replace(_WINDOWS, words=3)),
    "2^18 buckets": replace(_BASE, recipe=replace(_WINDOWS, bits=18)),
    "2^20 buckets": replace(_BASE, recipe=replace(_WINDOWS, bits=20)),
    "2^22 buckets": replace(_BASE, recipe=replace(_WINDOWS, bits=22)),
    "padding 16": replace(_BASE, padding=16),
    "padding 200": replace(_BASE, padding=200),
    "no scaling by rarity": replace(_BASE, rarity=0.0),
    "rarity 1.5": replace(_BASE, rarity=1.5),
    "rarity 3.5": replace(_BASE, rarity=3.5),
    "cost 0.3": replace(_BASE, cost=0.3),
    "cost 3": replace(_BASE, cost=3.0),
}
RATES = (0.01, 0.002)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Average precision and recall at `RATES`, on held-out families and on text from outside."""

    name: str
    held_out: tuple[float, ...]
    outside: tuple[float, ...]


def run(examples: Sequence[Example], rows: Sequence[Row], articles: Sequence[Article]) -> Iterator[Outcome]:
    """Try each setting: one fold held out, and all of the corpus against text from outside."""
    out = folds(examples) == 0
    held = [e for e, is_out in zip(examples, out, strict=True) if is_out]
    kept = varied([e for e, is_out in zip(examples, out, strict=True) if not is_out])
    known = {example.language for example in examples}
    outside = [(r.text, r.label == "notice") for r in rows if r.language in known]
    outside += [pair for article in articles for pair in _segments(article)]
    for name, settings in TRIALS.items():
        inner = _measure(settings, kept, [(e.text, e.label == "notice") for e in held])
        outer = _measure(settings, varied(examples), outside)
        yield Outcome(name, inner, outer)


def _segments(article: Article) -> Iterator[tuple[str, bool]]:
    """The segments of an article that are wholly a notice or wholly none."""
    spans = [(start, end) for start, end, label, _ in article.spans if label == "notice"]
    truth = metrics.covered(spans, len(article.text))
    for one in segment(article.text, "markdown"):
        share = truth[one.start : one.end].mean()
        if share == 0 or share > 0.5:
            yield one.text, bool(share)


def _measure(
    settings: Settings, examples: Sequence[Example], tests: Sequence[tuple[str, bool]]
) -> tuple[float, ...]:
    table = symbol_table()
    weights, bias = learn_notices(examples, settings)
    texts = [text for text, _ in tests]
    score = matrix(texts, table, settings.recipe, settings.padding) @ weights + bias
    truth = np.array([is_notice for _, is_notice in tests])
    precision = metrics.average_precision(truth, score)
    return (precision, *(metrics.recall_at(truth, score, rate) for rate in RATES))
