"""Paragraphs per second and megabytes per second on one core, beside the usual alternatives.

    pip install '.[training]' fasttext && python benchmarks/speed.py

All contestants are trained on the same corpus and score the same texts in the same run; each time is
the best of several in CPU seconds of one thread, and the table in benchmarks/README.md is written.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import fasttext  # noqa: E402
from sklearn.feature_extraction.text import HashingVectorizer  # noqa: E402
from sklearn.linear_model import SGDClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from detector import Detector  # noqa: E402
from training import corpus  # noqa: E402

ROUNDS = 5
#: Paragraphs as aggregators have them: this many characters on average.
PARAGRAPH = 360
TOTAL = 12_000_000

Scorer = Callable[[Sequence[str]], object]


def paragraphs(examples: Sequence[corpus.Example]) -> list[str]:
    """The corpus's own texts, joined by language into paragraphs of usual length, and repeated."""
    made: list[str] = []
    for language in corpus.languages(examples):
        run = ""
        for example in examples:
            if example.language == language:
                run = f"{run} {example.text}".replace("\n", " ").strip()
                if len(run) >= PARAGRAPH * 0.75:
                    made.append(run)
                    run = ""
    times = -(-TOTAL // sum(len(text.encode()) for text in made))
    return made * times


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


def best(scorer: Scorer, texts: Sequence[str]) -> float:
    """The least CPU seconds of several rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        scorer(texts)
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    examples = corpus.read()
    texts = paragraphs(examples)
    contestants: dict[str, tuple[Scorer, int]] = {
        "detector": (Detector.load().score, 1),
        "fastText, subwords 3–6, word pairs": (fast_text(examples), 4),
        "scikit-learn, words 1–2": (scikit_learn(examples, ngram_range=(1, 2)), 8),
        "scikit-learn, char_wb 3–5": (
            scikit_learn(examples, analyzer="char_wb", ngram_range=(3, 5)),
            32,
        ),
    }
    rows = []
    for name, (scorer, part) in contestants.items():
        sample = texts[::part]
        size = sum(len(text.encode()) for text in sample) / 1e6
        seconds = best(scorer, sample)
        rows.append((name, len(sample) / seconds, size / seconds))
        print(f"{name:36} {rows[-1][1]:>12,.0f} paragraphs/s {rows[-1][2]:>8.1f} MB/s", flush=True)
    table = ["| scoring on one core | paragraphs/s | MB/s | the detector is |", "|---|---|---|---|"]
    table += [f"| {n} | {p:,.0f} | {m:.1f} | {rows[0][2] / m:.1f} × |" for n, p, m in rows]
    readme = ROOT / "benchmarks" / "README.md"
    head = readme.read_text("utf-8").split("<!-- speed -->")[0]
    size = sum(len(text.encode()) for text in texts) / len(texts)
    count = len(corpus.languages(examples))
    note = f"{len(texts):,} paragraphs in {count} languages, {size:.0f} bytes each."
    readme.write_text(f"{head}<!-- speed -->\n{note}\n\n" + "\n".join(table) + "\n", "utf-8")


if __name__ == "__main__":
    main()
