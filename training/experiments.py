"""The trials behind `fitting.Settings`: the notice head alone, one thing changed at a time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

from detector.segmentation import segment
from training import baselines, metrics
from training.compose import composed
from training.corpus import Example, languages
from training.features import matrix
from training.fitting import Settings, learn_notices
from training.folding import symbol_table
from training.sets import Article, Row
from training.splits import folds
from training.variation import alone, joined, noisy, varied

_BASE = Settings()
_WINDOWS = _BASE.recipe
RATES = (0.01, 0.001)

Learned = tuple[NDArray[np.float64], float]
Examples = Sequence[Example]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: settings, what of the corpus is learned, its variants, and by which learner.

    `language` restricts what it is measured on; trials of one `model` share what they learn. `unseen`
    says that nothing of what is held out is learned anyway: one model serves both measures.
    """

    name: str
    settings: Settings = _BASE
    keep: Callable[[Examples], Examples] = lambda examples: examples
    vary: Callable[[Examples], Examples] = varied
    estimator: Callable[[], Any] | None = None
    language: str | None = None
    model: str = ""
    unseen: bool = False
    targets: Callable[[Examples], NDArray[np.float64]] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Average precision and recall at `RATES`, on held-out families and on text from outside."""

    name: str
    held_out: tuple[float, ...]
    outside: tuple[float, ...]


def _features(examples: Examples) -> Iterator[Trial]:
    def recipe(**change: Any) -> Settings:
        return replace(_BASE, recipe=replace(_WINDOWS, **change))

    yield Trial("as shipped")
    yield Trial("windows 5", recipe(windows=((5, 2),)))
    yield Trial("windows 7", recipe(windows=((7, 2),)))
    yield Trial("windows 5 and 6", recipe(windows=((5, 2), (6, 3))))
    yield Trial("windows 6, of 3 in scripts of many signs", recipe(windows=((6, 3),)))
    yield Trial("no windows", recipe(windows=()))
    yield Trial("no words", recipe(words=0))
    yield Trial("words 1", recipe(words=1))
    yield Trial("words 1–3", recipe(words=3))
    for bits in (18, 20, 22):
        yield Trial(f"2^{bits} buckets", recipe(bits=bits))
    for padding in (16, 200):
        yield Trial(f"padding {padding}", replace(_BASE, padding=padding))
    yield Trial("no scaling by rarity", replace(_BASE, rarity=0.0))
    for rarity in (1.5, 3.5):
        yield Trial(f"rarity {rarity:g}", replace(_BASE, rarity=rarity))
    for cost in (0.3, 3.0):
        yield Trial(f"cost {cost:g}", replace(_BASE, cost=cost))


def _classifiers(examples: Examples) -> Iterator[Trial]:
    yield Trial("logistic regression")
    yield Trial(
        "logistic regression by SGD",
        estimator=lambda: SGDClassifier(
            loss="log_loss", alpha=1e-6, class_weight=_BASE.weights, random_state=1
        ),
    )
    for cost in (0.02, 0.2):
        yield Trial(
            f"linear SVM, cost {cost:g}",
            estimator=lambda c=cost: LinearSVC(C=c, class_weight=_BASE.weights, random_state=1),
        )
    yield Trial("complement naive Bayes", estimator=_NaiveBayes)
    yield Trial("averaged embeddings (fastText), distilled", targets=_soft)


def _weights(examples: Examples) -> Iterator[Trial]:
    for share in (0.1, 0.3, 1.0, 2.5):
        yield Trial(f"a notice weighs {share:g}", replace(_BASE, notice_weight=share))


def _variation(examples: Examples) -> Iterator[Trial]:
    def only(*makers: Callable[[Examples], Iterator[Example]]) -> Callable[[Examples], Examples]:
        return lambda given: [*given, *(one for make in makers for one in make(given))]

    yield Trial("as shipped")
    yield Trial("none", vary=lambda given: given)
    yield Trial("sentences alone", vary=only(alone))
    yield Trial("run together", vary=only(joined))
    yield Trial("marks of real pages", vary=only(noisy))
    yield Trial("sentences, run together", vary=only(alone, joined))
    yield Trial("composed notices", vary=only(composed))
    yield Trial("all but composed notices", vary=only(alone, joined, noisy))


def _families(examples: Examples) -> Iterator[Trial]:
    """Learning curves: shares of the families of one label, or of all."""
    for what, labels in (
        ("all", ("notice", "editorial", "chrome")),
        ("notices", ("notice",)),
        ("stories", ("editorial",)),
    ):
        for share in (0.125, 0.25, 0.5):
            yield Trial(f"{share:.1%} of {what}", keep=lambda given, s=share, k=labels: _thinned(given, s, k))
    yield Trial("everything")


def _languages(examples: Examples) -> Iterator[Trial]:
    """What a language gets that was never learned; and what it gets once it is."""
    for name in languages(examples):
        yield Trial(
            f"without {name}",
            keep=lambda given, at=name: [e for e in given if e.language != at],
            language=name,
            unseen=True,
        )
        yield Trial(f"with {name}", language=name, model="with all")


EXPERIMENTS: dict[str, Callable[[Examples], Iterator[Trial]]] = {
    "features": _features,
    "classifiers": _classifiers,
    "weights": _weights,
    "variation": _variation,
    "families": _families,
    "languages": _languages,
}


def run(name: str, examples: Examples, rows: Sequence[Row], articles: Sequence[Article]) -> Iterator[Outcome]:
    """Try each thing: one fold held out, and all of the corpus against text from outside."""
    out = folds(examples) == 0
    held = [e for e, is_out in zip(examples, out, strict=True) if is_out]
    kept = [e for e, is_out in zip(examples, out, strict=True) if not is_out]
    known = {example.language for example in examples}
    learned: dict[tuple[str, str], Learned] = {}
    for trial in EXPERIMENTS[name](examples):
        spoken = {trial.language} if trial.language else known
        own = [(e.text, e.label == "notice") for e in held if e.language in spoken]
        outside = [(r.text, r.label == "notice") for r in rows if r.language in spoken]
        if not trial.language:
            outside += [pair for article in articles for pair in _segments(article)]
        measures = []
        for given, tests, part in ((kept, own, "kept"), (examples, outside, "all")):
            key = (trial.model or trial.name, "all" if trial.unseen else part)
            if key not in learned:
                learned[key] = _learn(trial, examples if trial.unseen else given)
            measures.append(_measure(trial, learned[key], tests))
        if not trial.model:
            learned = {key: found for key, found in learned.items() if key[0] != trial.name}
        yield Outcome(trial.name, *measures)


def _segments(article: Article) -> Iterator[tuple[str, bool]]:
    """The segments of an article that are wholly a notice or wholly none."""
    spans = [(start, end) for start, end, label, _ in article.spans if label == "notice"]
    truth = metrics.covered(spans, len(article.text))
    for one in segment(article.text, "markdown"):
        share = truth[one.start : one.end].mean()
        if share == 0 or share > 0.5:
            yield one.text, bool(share)


def _learn(trial: Trial, examples: Examples) -> Learned:
    given = trial.vary(trial.keep(examples))
    targets = trial.targets(given) if trial.targets else None
    return learn_notices(given, trial.settings, trial.estimator, targets)


def _measure(trial: Trial, learned: Learned, tests: Sequence[tuple[str, bool]]) -> tuple[float, ...]:
    settings, (weights, bias) = trial.settings, learned
    texts = [text for text, _ in tests]
    score = matrix(texts, symbol_table(), settings.recipe, settings.padding) @ weights + bias
    truth = np.array([is_notice for _, is_notice in tests])
    precision = metrics.average_precision(truth, score)
    return (precision, *(metrics.recall_at(truth, score, rate) for rate in RATES))


def _thinned(examples: Examples, share: float, labels: Sequence[str]) -> Examples:
    """The examples with this share of the families of some labels, the others whole."""
    dice = random.Random(1)
    kept = {family: dice.random() < share for family in dict.fromkeys(e.family for e in examples)}
    return [e for e in examples if e.label not in labels or kept[e.family]]


def _soft(examples: Examples) -> NDArray[np.float64]:
    """P(notice) of the examples by an averaged-embedding net that learned them."""
    return baselines.fast_text(examples).score([example.text for example in examples])


class _NaiveBayes:
    """Complement naive Bayes as a linear model."""

    def fit(self, rows: Any, truth: NDArray[np.bool_]) -> _NaiveBayes:
        found = ComplementNB().fit(rows, truth)
        self.coef_ = np.atleast_2d(found.feature_log_prob_[1] - found.feature_log_prob_[0])
        self.intercept_ = np.zeros(1)
        return self
