"""What the detector is measured beside: what people use today, and usual learners on our corpus.

Each baseline scores texts, higher for notices, and says from which score on it calls one so.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import regex
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from training.corpus import CorpusError, Example

Floats = NDArray[np.float64]

#: The lines that the C4 corpus leaves out (Raffel et al. 2020, `c4_utils.py` of TensorFlow Datasets).
C4 = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
#: NVIDIA NeMo Curator's fourteen (`utils/constants.py`). Five are whole paragraphs of a cookie plug-in;
#: they stand here by their first words, which find at least as much.
NEMO = (
    *C4,
    "privacy overview",
    "privacy & cookies policy",
    "privacy and cookies policy",
    "this website uses cookies to improve your experience",
    "necessary cookies are absolutely essential",
    "any cookies that may not be particularly necessary",
    "this site uses cookies, including for analytics",
    "if you continue to browse this site without changing your cookie",
)
#: An honest list of keywords by language.
KEYWORDS = Path(__file__).parent / "keywords.toml"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A way to score texts; it calls a notice what scores `least` or more."""

    name: str
    score: Callable[[Sequence[str]], Floats]
    least: float = 0.5


def lists() -> Iterator[Baseline]:
    """What needs no learning: the two published lists, and our keywords."""
    yield Baseline("six phrases of C4", _phrases(C4))
    yield Baseline("fourteen of NeMo Curator", _phrases(NEMO))
    words = tomllib.loads(KEYWORDS.read_text(encoding="utf-8"))
    pattern = regex.compile("|".join(chain.from_iterable(words.values())), regex.IGNORECASE)
    yield Baseline(
        "keywords in 24 languages", lambda texts: np.array([bool(pattern.search(t)) for t in texts], float)
    )


def learners(examples: Sequence[Example]) -> Iterator[Baseline]:
    """What usual tools learn from the same examples."""
    yield _tfidf("TF-IDF of words 1–2, logistic regression", examples, analyzer="word", ngram_range=(1, 2))
    yield _tfidf(
        "TF-IDF of char_wb 3–5, logistic regression", examples, analyzer="char_wb", ngram_range=(3, 5)
    )
    yield fast_text(examples)


def fast_text(examples: Sequence[Example]) -> Baseline:
    """An averaged-embedding net. Raises `CorpusError` where fastText is not installed."""
    try:
        import fasttext
    except ImportError as error:
        raise CorpusError("This needs fastText: pip install fasttext.") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        rows = [f"__label__{_tag(e)} {_tokens(e.text)}" for e in examples]
        order = np.random.default_rng(1).permutation(len(rows))
        path.write_text("\n".join(rows[i] for i in order), encoding="utf-8")
        model = fasttext.train_supervised(
            str(path),
            dim=16,
            minn=3,
            maxn=6,
            wordNgrams=2,
            bucket=1 << 21,
            epoch=10,
            lr=0.3,
            thread=1,
            verbose=0,
        )

    def score(texts: Sequence[str]) -> Floats:
        # The package's own predict() does not run with NumPy 2.
        found = model.f.multilinePredict([_tokens(text) for text in texts], 2, 0.0, "strict")
        return np.array(
            [dict(zip(*pair, strict=True))["__label__notice"] for pair in zip(*found, strict=True)]
        )

    return Baseline("fastText, subwords 3–6, word pairs", score)


def _phrases(phrases: Sequence[str]) -> Callable[[Sequence[str]], Floats]:
    return lambda texts: np.array([any(p in text.lower() for p in phrases) for text in texts], float)


def _tfidf(name: str, examples: Sequence[Example], **options: object) -> Baseline:
    vectors = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, max_features=1 << 21, **options)
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
    model.fit(vectors.fit_transform([e.text for e in examples]), [e.label == "notice" for e in examples])
    return Baseline(name, lambda texts: model.predict_proba(vectors.transform(texts))[:, 1])


def _tag(example: Example) -> str:
    return "notice" if example.label == "notice" else "other"


def _tokens(text: str) -> str:
    """Words and marks in lower case on one line, as fastText wants them."""
    return regex.sub(r"([^\w\s])", r" \1 ", " ".join(text.lower().split()))
