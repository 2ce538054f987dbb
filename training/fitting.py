"""Fit the linear heads, calibrate them on out-of-fold scores, and round them into a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.progress import track
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from detector.model import Head, Model, Thresholds, fingerprint
from detector.ngrams import Recipe
from training.corpus import KINDS, Example
from training.corpus import fingerprint as corpus_fingerprint
from training.features import matrix
from training.folding import symbol_table
from training.splits import FOLDS, folds
from training.variation import varied

Floats = NDArray[np.float64]
#: Root mean square of the rows that are fitted: `Settings.cost` means the same for every head.
_ROW_NORM = 2.5


@dataclass(frozen=True, slots=True)
class Settings:
    """What the experiments chose; see docs/experiments.md.

    `cost` is the inverse strength of the L2 penalty. `rarity` is the power of the inverse document
    frequency by which features are scaled before they are penalised: a common n-gram must earn its
    weight, so that topic words and function words do not decide.
    """

    recipe: Recipe = Recipe(windows=((6, 2),), words=2, bits=20)
    detail_recipe: Recipe = Recipe(windows=((6, 2),), words=1, bits=17)
    cost: float = 1.0
    rarity: float = 2.5
    padding: int = 8


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model with the out-of-fold probabilities of its examples.

    `notice` and `chrome` have shape (n,), `kinds` (n, len(KINDS)); `chrome` is given that the
    example is no notice, `kinds` given that it is one.
    """

    model: Model
    arrays: dict[str, NDArray[Any]]
    examples: Sequence[Example]
    notice: Floats
    chrome: Floats
    kinds: Floats


@dataclass(frozen=True, slots=True)
class _Task:
    """One logistic regression: which examples it learns from, and what it must tell."""

    name: str
    recipe: Recipe
    takes: Callable[[Example], bool]
    truth: Callable[[Example], bool]


def _tasks(settings: Settings) -> list[_Task]:
    detail = settings.detail_recipe
    return [
        _Task("notice", settings.recipe, lambda e: True, _is("notice")),
        _Task("chrome", detail, lambda e: e.label != "notice", _is("chrome")),
        *(_Task(kind, detail, _is("notice"), _has(kind)) for kind in KINDS),
    ]


def _is(label: str) -> Callable[[Example], bool]:
    return lambda example: example.label == label


def _has(kind: str) -> Callable[[Example], bool]:
    return lambda example: kind in example.kinds


def fit(examples: Sequence[Example], settings: Settings | None = None, jobs: int = 2) -> Fit:
    """Fit, calibrate and round a model on the whole corpus; folds give honest scores beside it."""
    settings = settings or Settings()
    table = symbol_table()
    tasks = _tasks(settings)
    fold = folds(examples)
    # Each fold, and last the whole: train on the variants of what is not held out.
    held = [fold == i for i in range(FOLDS)] + [np.zeros(len(examples), bool)]
    train_sets = [varied([e for e, out in zip(examples, h, strict=True) if not out]) for h in held]
    features = _Features(table, settings.padding)
    work = [(task, i) for task in tasks for i in range(FOLDS + 1)]
    runs = Parallel(n_jobs=jobs, return_as="generator", prefer="threads")(
        delayed(_learn)(task, train_sets[i], features, settings) for task, i in work
    )
    learned = list(track(runs, f"Fitting {len(tasks)} heads on {FOLDS} folds", len(work)))
    heads, tables, scores = [], [], []
    for number, task in enumerate(tasks):
        mine = learned[number * (FOLDS + 1) : (number + 1) * (FOLDS + 1)]
        logits = _held_out(task, mine, examples, held, features)
        slope, shift = _calibrate(task, logits, examples)
        weights, bias = mine[-1]
        unit = float(np.abs(weights).max()) / 127 or 1.0
        tables.append(np.rint(weights / unit).astype(np.int8))
        heads.append(Head(bias=slope * bias + shift, scale=slope * unit))
        scores.append(1 / (1 + np.exp(-(slope * logits + shift))))
    arrays = {
        "symbols": table,
        "notice": tables[0],
        "detail": np.ascontiguousarray(np.stack(tables[1:], axis=1)),
    }
    notice, chrome, kinds = scores[0], scores[1], np.stack(scores[2:], axis=1)
    thresholds = _thresholds(examples, notice, chrome, kinds)
    header = _header(settings, heads, thresholds, arrays, examples)
    model = Model(
        recipe=settings.recipe,
        detail_recipe=settings.detail_recipe,
        notice_head=heads[0],
        detail_heads=tuple(heads[1:]),
        padding=settings.padding,
        thresholds=thresholds,
        kinds=KINDS,
        languages=tuple(header["languages"]),
        header=header,
        **arrays,
    )
    return Fit(model, arrays, examples, notice, chrome, kinds)


class _Features:
    """Feature matrices of texts, made once for each recipe and set of texts."""

    def __init__(self, table: NDArray[np.uint16], padding: int) -> None:
        self._table, self._padding = table, padding
        self._known: dict[tuple[int, Recipe], sparse.csr_matrix] = {}

    def __call__(self, examples: Sequence[Example], recipe: Recipe) -> sparse.csr_matrix:
        key = (id(examples), recipe)
        if key not in self._known:
            texts = [example.text for example in examples]
            self._known[key] = matrix(texts, self._table, recipe, self._padding)
        return self._known[key]


def _learn(
    task: _Task, examples: Sequence[Example], features: _Features, settings: Settings
) -> tuple[Floats, float]:
    """Weights, one a bucket, and bias of one head."""
    takes = np.array([task.takes(example) for example in examples])
    truth = np.array([task.truth(example) for example in examples])[takes]
    rows = features(examples, task.recipe)[takes]
    used, columns = np.unique(rows.indices, return_inverse=True)
    rows = sparse.csr_matrix((rows.data, columns, rows.indptr), (rows.shape[0], len(used)))
    frequency = np.bincount(columns, minlength=len(used))
    scale = np.log(len(truth) / (frequency + 1.0)).clip(0.1) ** settings.rarity
    rows = rows @ sparse.diags(scale)
    norm = _ROW_NORM / np.sqrt(rows.power(2).sum() / rows.shape[0])
    with threadpool_limits(1):  # the order of adding decides the last bit
        model = LogisticRegression(
            C=settings.cost, class_weight="balanced", max_iter=500, tol=1e-6
        )
        model.fit(rows * norm, truth)
    weights = np.zeros(1 << task.recipe.bits)
    weights[used] = model.coef_[0] * scale * norm
    return weights, float(model.intercept_[0])


def _held_out(
    task: _Task,
    learned: Sequence[tuple[Floats, float]],
    examples: Sequence[Example],
    held: Sequence[NDArray[np.bool_]],
    features: _Features,
) -> Floats:
    logits = np.zeros(len(examples))
    rows = features(examples, task.recipe)
    for (weights, bias), out in zip(learned, held, strict=True):
        if out.any():
            logits[out] = rows[out] @ weights + bias
    return logits


def _calibrate(
    task: _Task, logits: Floats, examples: Sequence[Example]
) -> tuple[float, float]:
    """Slope and shift of a logistic curve through held-out scores (Platt 1999)."""
    takes = np.array([task.takes(example) for example in examples])
    truth = np.array([task.truth(example) for example in examples])[takes]
    curve = LogisticRegression(C=1e6).fit(logits[takes, None], truth)
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def _thresholds(
    examples: Sequence[Example], notice: Floats, chrome: Floats, kinds: Floats
) -> Thresholds:
    """Probabilities at which verdicts turn, from held-out scores; a story lost costs most."""
    label = np.array([example.label for example in examples])
    hard = np.array([example.hard for example in examples])
    easy = (label == "editorial") & ~hard
    at = max(_quantile(notice[easy], 0.002), _quantile(notice[hard], 0.01), 0.5)
    furniture = max(_quantile(((1 - notice) * chrome)[label == "editorial"], 0.005), 0.5)
    return Thresholds(
        notice=round(at, 3),
        chrome=round(furniture, 3),
        span=round(max(at, 0.9), 3),
        kind=_kind_threshold(examples, kinds),
    )


def _quantile(scores: Floats, share: float) -> float:
    """The score that this share of the scores lies above."""
    return float(np.quantile(scores, 1 - share)) if len(scores) else 0.5


def _kind_threshold(examples: Sequence[Example], kinds: Floats) -> float:
    """The threshold with the best micro-averaged F1 on held-out notices."""
    notices = [i for i, example in enumerate(examples) if example.label == "notice"]
    truth = np.array([[kind in examples[i].kinds for kind in KINDS] for i in notices])
    score = kinds[notices]

    def quality(at: float) -> float:
        found = score >= at
        return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))

    return float(max(np.arange(10, 90, 5) / 100, key=quality))


def _header(
    settings: Settings,
    heads: Sequence[Head],
    thresholds: Thresholds,
    arrays: dict[str, NDArray[Any]],
    examples: Sequence[Example],
) -> dict[str, Any]:
    return {
        "release": "0.1.0",
        "recipe": asdict(settings.recipe),
        "detail_recipe": asdict(settings.detail_recipe),
        "padding": settings.padding,
        "heads": [asdict(head) for head in heads],
        "thresholds": asdict(thresholds),
        "kinds": list(KINDS),
        "languages": sorted({example.language for example in examples}),
        "counts": _counts(examples),
        "metrics": {},
        "corpus": corpus_fingerprint(examples),
        "fingerprint": fingerprint(arrays),
    }


def _counts(examples: Sequence[Example]) -> dict[str, list[int]]:
    """By language: families, notices, editorial, hard editorial, chrome."""
    counts = {}
    for language in sorted({example.language for example in examples}):
        own = [example for example in examples if example.language == language]
        labels = [sum(e.label == label for e in own) for label in ("notice", "editorial")]
        hard, chrome = sum(e.hard for e in own), sum(e.label == "chrome" for e in own)
        counts[language] = [len({e.family for e in own}), *labels, hard, chrome]
    return counts
