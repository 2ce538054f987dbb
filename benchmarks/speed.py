"""Scoring paragraphs, beside what people use today: all learn from the corpus and score the same texts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import fasttext
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from benchmarks import report, texts
from benchmarks.ceiling import Ceiling, laid_out
from benchmarks.settings import Settings
from benchmarks.timing import best
from detector import Detector, measures
from training import baselines, corpus

Scorer = Callable[[Sequence[str]], object]

NUMPY = "detector without its compiled kernel"
FASTTEXT = "fastText, subwords 3–6, word pairs"
WORDS, CHARACTERS = "scikit-learn, words 1–2", "scikit-learn, char_wb 3–5"
PHRASES = "six phrases of C4, in Python"
CEILING = "byte 6-grams in C, including decoding"
BYTES = "byte 6-grams in C, bytes alone"


def run(settings: Settings) -> str:
    """The table, and what of the goals is reached."""
    paragraphs = texts.paragraphs(settings.score)
    size = sum(len(text.encode()) for text in paragraphs)
    seconds = measure(paragraphs)
    own = seconds["detector"]
    rows = [
        (name, f"{len(paragraphs) / s:,.0f}", report.number(size / s / 1e6), f"{report.number(s / own)} ×")
        for name, s in seconds.items()
    ]
    head = ("scoring on one core", "paragraphs/s", "MB/s", "the detector is")
    goals = (
        report.least(seconds[CHARACTERS] / own, f"× {CHARACTERS}", 60),
        report.least(seconds[FASTTEXT] / own, f"× {FASTTEXT}", 6),
        report.least(seconds[CEILING] / own, f"× the ceiling, {CEILING}", 0.5),
    )
    note = f"{len(paragraphs):,} paragraphs. {texts.note()}"
    return f"{note}\n\n{report.table(head, rows)}\n{''.join(goals)}"


def measure(paragraphs: Sequence[str]) -> dict[str, float]:
    """CPU seconds of each contestant."""
    detector = Detector.load()
    seconds = {"detector": best(lambda: detector.score(paragraphs))}
    with without_kernel():
        seconds[NUMPY] = best(lambda: detector.score(paragraphs))
    for name, scorer in contestants(corpus.read()):
        seconds[name] = best(lambda scorer=scorer: scorer(paragraphs))  # type: ignore[misc]
    ceiling, laid = Ceiling(), laid_out(paragraphs)
    seconds[CEILING] = best(lambda: ceiling.text_sums(paragraphs))
    seconds[BYTES] = best(lambda: ceiling.sums(*laid))
    return seconds


@contextmanager
def without_kernel() -> Iterator[None]:
    """As where the package was built without a compiler. Raises `RuntimeError` where it was."""
    kernel = measures._kernel
    if kernel is None:
        raise RuntimeError("The detector has no compiled kernel here: build it with a C compiler.")
    measures._kernel = None
    try:
        yield
    finally:
        measures._kernel = kernel


def contestants(examples: Sequence[corpus.Example]) -> Iterator[tuple[str, Scorer]]:
    """What people use today."""
    yield FASTTEXT, fast_text(examples)
    yield WORDS, scikit_learn(examples, ngram_range=(1, 2))
    yield CHARACTERS, scikit_learn(examples, analyzer="char_wb", ngram_range=(3, 5))
    yield PHRASES, next(baselines.lists()).score


def scikit_learn(examples: Sequence[corpus.Example], **options: object) -> Scorer:
    model = make_pipeline(HashingVectorizer(**options), SGDClassifier(loss="log_loss", random_state=1))
    model.fit([e.text for e in examples], [e.label == "notice" for e in examples])
    return lambda texts: model.predict_proba(texts)


def fast_text(examples: Sequence[corpus.Example]) -> Scorer:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for example in examples:
            text = " ".join(example.text.split())
            file.write(f"__label__{'notice' if example.label == 'notice' else 'other'} {text}\n")
        file.flush()
        model = fasttext.train_supervised(
            file.name, minn=3, maxn=6, wordNgrams=2, dim=32, epoch=10, thread=1, verbose=0
        )
    return lambda texts: model.f.multilinePredict([text + "\n" for text in texts], 2, 0.0, "strict")
