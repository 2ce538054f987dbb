"""Fit the linear heads, calibrate them on out-of-fold scores, and round them into a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from detector.segmentation import clauses
from training import calibration
from training.corpus import KINDS, Example, languages
from training.corpus import fingerprint as corpus_fingerprint
from training.features import matrix
from training.folding import symbol_table
from training.splits import FOLDS, folds
from training.variation import alone, varied
from training.vocabulary import vocabulary

Floats = NDArray[np.float64]
#: Root mean square of the rows that are fitted: `Settings.cost` means the same for every head.
_ROW_NORM = 2.5


_RECIPE = Recipe(windows=((6, 2),), words=2, bits=21)
_DETAIL_RECIPE = Recipe(windows=((5, 2),), words=1, bits=18)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the experiments chose; see docs/experiments.md.

    `cost` is the inverse strength of the L2 penalty. `rarity` is the power of the inverse document
    frequency by which features are scaled before they are penalised: a common n-gram must earn its
    weight, so that topic words and function words do not decide. A score is the mean weight of a
    text's symbols, with `padding` symbols of no weight beside them: a floor of evidence. A notice
    weighs `notice_weight` of what a story does: to lose a story is the costliest error.
    """

    recipe: Recipe = _RECIPE
    detail_recipe: Recipe = _DETAIL_RECIPE
    cost: float = 1.0
    detail_cost: float = 5.0
    rarity: float = 2.5
    detail_rarity: float = 1.0
    padding: int = 64
    notice_weight: float = 0.3

    @property
    def weights(self) -> dict[bool, float]:
        """The weight of a notice and of what is none."""
        return {True: self.notice_weight, False: 1.0}


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
    cost: float
    rarity: float
    weights: str | dict[bool, float]
    takes: Callable[[Example], bool]
    truth: Callable[[Example], bool]


def _tasks(settings: Settings) -> list[_Task]:
    own = settings.recipe, settings.cost, settings.rarity, settings.weights
    detail = settings.detail_recipe, settings.detail_cost, settings.detail_rarity, "balanced"
    return [
        _Task("notice", *own, lambda e: True, _is("notice")),
        _Task("chrome", *detail, lambda e: e.label != "notice", _is("chrome")),
        *(_Task(kind, *detail, _is("notice"), _has(kind)) for kind in KINDS),
    ]


def _is(label: str) -> Callable[[Example], bool]:
    return lambda example: example.label == label


def _has(kind: str) -> Callable[[Example], bool]:
    return lambda example: kind in example.kinds


@threadpool_limits.wrap(limits=1)  # the order of adding decides the last bit
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
        delayed(_learn)(task, train_sets[i], features) for task, i in work
    )
    learned = list(track(runs, f"Fitting {len(tasks)} heads on {FOLDS} folds", len(work)))
    heads, tables, scores, curves = [], [], [], []
    for number, task in enumerate(tasks):
        mine = learned[number * (FOLDS + 1) : (number + 1) * (FOLDS + 1)]
        logits = _held_out(task, mine, examples, held, features)
        slope, shift = _curve(task, logits, examples)
        curves.append((slope, shift))
        weights, bias = mine[-1]
        unit = float(np.abs(weights).max()) / 127 or 1.0
        tables.append(np.rint(weights / unit).astype(np.int8))
        heads.append(Head(bias=slope * bias + shift, scale=slope * unit))
        scores.append(calibration.logistic(logits, slope, shift))
    arrays = {
        "symbols": table,
        "notice": tables[0],
        "detail": np.ascontiguousarray(np.stack(tables[1:], axis=1)),
        "vocabulary": vocabulary(examples, table),
    }
    notice, chrome = scores[0], scores[1]
    kinds = _kind_scores(tasks, learned, curves, examples, features)
    sentences = _sentence_scores(tasks[0], learned[:FOLDS], examples, curves[0], features)
    points = calibration.points(examples, notice, chrome, sentences)
    header = _header(settings, heads, points, arrays, examples)
    header["measured"] = calibration.measured(examples, notice, points)
    model = Model(
        recipe=settings.recipe,
        detail_recipe=settings.detail_recipe,
        notice_head=heads[0],
        detail_heads=tuple(heads[1:]),
        padding=settings.padding,
        points=points,
        kinds=KINDS,
        languages=tuple(header["languages"]),
        header=header,
        **arrays,
    )
    return Fit(model, arrays, examples, notice, chrome, kinds)


@threadpool_limits.wrap(limits=1)
def held_out_notices(examples: Sequence[Example], settings: Settings | None = None, jobs: int = 2) -> Floats:
    """P(notice) of each example by a model that saw none of its family: what `fit` gives, alone."""
    settings = settings or Settings()
    task, fold = _tasks(settings)[0], folds(examples)
    held = [fold == i for i in range(FOLDS)]
    features = _Features(symbol_table(), settings.padding)
    sets = [varied([e for e, out in zip(examples, h, strict=True) if not out]) for h in held]
    learned = Parallel(n_jobs=jobs, prefer="threads")(delayed(_learn)(task, one, features) for one in sets)
    logits = _held_out(task, learned, examples, held, features)
    return calibration.logistic(logits, *_curve(task, logits, examples))


def learn_notices(
    examples: Sequence[Example],
    settings: Settings,
    estimator: Callable[[], Any] | None = None,
    targets: Floats | None = None,
) -> tuple[Floats, float]:
    """Weights, one a bucket, and bias of the notice head alone, neither calibrated nor rounded.

    `estimator` makes another linear learner; `targets`, shape (n,), are probabilities to learn in
    place of the labels.
    """
    task = _tasks(settings)[0]
    return _learn(task, examples, _Features(symbol_table(), settings.padding), estimator, targets)


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
    task: _Task,
    examples: Sequence[Example],
    features: _Features,
    estimator: Callable[[], Any] | None = None,
    targets: Floats | None = None,
) -> tuple[Floats, float]:
    """Weights, one a bucket, and bias of one head."""
    takes = np.array([task.takes(example) for example in examples])
    truth = np.array([task.truth(example) for example in examples])[takes]
    rows = features(examples, task.recipe)[takes]
    used, columns = np.unique(rows.indices, return_inverse=True)
    rows = sparse.csr_matrix((rows.data, columns, rows.indptr), (rows.shape[0], len(used)))
    frequency = np.bincount(columns, minlength=len(used))
    scale = np.log(len(truth) / (frequency + 1.0)).clip(0.1) ** task.rarity
    rows = rows @ sparse.diags(scale)
    norm = _ROW_NORM / np.sqrt(rows.power(2).sum() / rows.shape[0])
    model = estimator() if estimator else _regression(task)
    with threadpool_limits(1):  # OpenMP counts its threads by the thread that asks
        if targets is None:
            model.fit(rows * norm, truth)
        else:  # each example twice, as a notice and as none, by its probability
            both = np.repeat([True, False], len(targets))
            model.fit(sparse.vstack([rows, rows]) * norm, both, np.concatenate([targets, 1 - targets]))
    weights = np.zeros(1 << task.recipe.bits)
    weights[used] = model.coef_[0] * scale * norm
    return weights, float(model.intercept_[0])


def _regression(task: _Task) -> LogisticRegression:
    return LogisticRegression(C=task.cost, class_weight=task.weights, max_iter=500, tol=1e-6)


def _held_out(
    task: _Task,
    learned: Sequence[tuple[Floats, float]],
    examples: Sequence[Example],
    held: Sequence[NDArray[np.bool_]],
    features: _Features,
) -> Floats:
    logits = np.zeros(len(examples))
    rows = features(examples, task.recipe)
    for (weights, bias), out in zip(learned, held, strict=False):
        if out.any():
            logits[out] = rows[out] @ weights + bias
    return logits


def _sentence_scores(
    task: _Task,
    learned: Sequence[tuple[Floats, float]],
    examples: Sequence[Example],
    curve: tuple[float, float],
    features: _Features,
) -> Floats:
    """Held-out probabilities of the sentences of plain stories: none of them is a notice."""
    plain = [example for example in examples if example.label == "editorial" and not example.hard]
    sentences = list(alone(plain))
    fold = folds(sentences)
    held = [fold == i for i in range(FOLDS)]
    logits = _held_out(task, learned, sentences, held, features)
    return calibration.logistic(logits, *curve)


def _kind_scores(
    tasks: Sequence[_Task],
    learned: Sequence[tuple[Floats, float]],
    curves: Sequence[tuple[float, float]],
    examples: Sequence[Example],
    features: _Features,
) -> Floats:
    """Held-out probabilities of the kinds, as `detector.evidence.kind_probabilities` gives them."""
    parts, owner = [], []
    for i, example in enumerate(examples):
        texts = clauses(example.text) if example.label == "notice" else []
        parts += [example, *(replace(example, text=text) for text in texts)]
        owner += [i] * (1 + len(texts))
    first = np.searchsorted(owner, np.arange(len(examples)))
    fold = folds(parts)
    held = [fold == i for i in range(FOLDS)]
    columns = []
    for number, task in enumerate(tasks):
        if task.name in KINDS:
            mine = learned[number * (FOLDS + 1) :][:FOLDS]
            logits = _held_out(task, mine, parts, held, features)
            each = calibration.logistic(logits, *curves[number])
            columns.append((each[first] + np.maximum.reduceat(each, first)) / 2)
    return np.stack(columns, axis=1)


def _curve(task: _Task, logits: Floats, examples: Sequence[Example]) -> tuple[float, float]:
    takes = np.array([task.takes(example) for example in examples])
    truth = np.array([task.truth(example) for example in examples])
    return calibration.curve(logits[takes], truth[takes])


def _header(
    settings: Settings,
    heads: Sequence[Head],
    points: Mapping[str, Thresholds],
    arrays: dict[str, NDArray[Any]],
    examples: Sequence[Example],
) -> dict[str, Any]:
    header = {
        "release": "0.1.0",
        "recipe": asdict(settings.recipe),
        "detail_recipe": asdict(settings.detail_recipe),
        "padding": settings.padding,
        "heads": [asdict(head) for head in heads],
        "points": {name: asdict(limits) for name, limits in points.items()},
        "kinds": list(KINDS),
        "languages": languages(examples),
        "counts": _counts(examples),
        "corpus": corpus_fingerprint(examples),
    }
    return header | {"fingerprint": fingerprint(header, arrays)}


def _counts(examples: Sequence[Example]) -> dict[str, list[int]]:
    """By language: families, notices, editorial, hard editorial, chrome."""
    counts = {}
    for language in languages(examples):
        own = [example for example in examples if example.language == language]
        labels = [sum(e.label == label for e in own) for label in ("notice", "editorial")]
        hard, chrome = sum(e.hard for e in own), sum(e.label == "chrome" for e in own)
        counts[language] = [len({e.family for e in own}), *labels, hard, chrome]
    return counts
