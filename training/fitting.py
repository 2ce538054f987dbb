"""Fit the linear heads, calibrate them on out-of-fold scores, and round them into a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from training.corpus import KINDS, Example, languages
from training.corpus import fingerprint as corpus_fingerprint
from training.features import matrix
from training.folding import symbol_table
from training.splits import FOLDS, folds
from training.variation import alone, varied

Floats = NDArray[np.float64]
#: Shares of held-out stories that the thresholds may cost: of plain and of hard ones called notice,
#: of all called chrome, and of sentences of plain ones called a notice inside.
PLAIN_LOST, HARD_LOST, CHROME_LOST, SENTENCE_LOST = 0.002, 0.01, 0.003, 0.0005
#: A kind is given from this probability on: the best on text from outside. Held-out families alone
#: would ask for 0.35, since our notices have more kinds each than those of most pages.
KIND = 0.6
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
    text's symbols, with `padding` symbols of no weight beside them: a floor of evidence.
    """

    recipe: Recipe = _RECIPE
    detail_recipe: Recipe = _DETAIL_RECIPE
    cost: float = 1.0
    detail_cost: float = 5.0
    rarity: float = 2.5
    detail_rarity: float = 1.0
    padding: int = 64


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
    takes: Callable[[Example], bool]
    truth: Callable[[Example], bool]


def _tasks(settings: Settings) -> list[_Task]:
    detail = settings.detail_recipe, settings.detail_cost, settings.detail_rarity
    return [
        _Task("notice", settings.recipe, settings.cost, settings.rarity, lambda e: True, _is("notice")),
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
        slope, shift = _calibrate(task, logits, examples)
        curves.append((slope, shift))
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
    notice, chrome = scores[0], scores[1]
    kinds = _kind_scores(tasks, learned, curves, examples, features)
    sentences = _sentence_scores(tasks[0], learned[:FOLDS], examples, curves[0], features)
    thresholds = _thresholds(examples, notice, chrome, sentences)
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


def learn_notices(examples: Sequence[Example], settings: Settings) -> tuple[Floats, float]:
    """Weights, one a bucket, and bias of the notice head alone, neither calibrated nor rounded."""
    return _learn(_tasks(settings)[0], examples, _Features(symbol_table(), settings.padding))


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


def _learn(task: _Task, examples: Sequence[Example], features: _Features) -> tuple[Floats, float]:
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
    model = LogisticRegression(C=task.cost, class_weight="balanced", max_iter=500, tol=1e-6)
    with threadpool_limits(1):  # OpenMP counts its threads by the thread that asks
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
    return 1 / (1 + np.exp(-(curve[0] * logits + curve[1])))


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
            each = 1 / (1 + np.exp(-(curves[number][0] * logits + curves[number][1])))
            columns.append((each[first] + np.maximum.reduceat(each, first)) / 2)
    return np.stack(columns, axis=1)


def _calibrate(task: _Task, logits: Floats, examples: Sequence[Example]) -> tuple[float, float]:
    """Slope and shift of a logistic curve through held-out scores (Platt 1999)."""
    takes = np.array([task.takes(example) for example in examples])
    truth = np.array([task.truth(example) for example in examples])[takes]
    curve = LogisticRegression(C=1e6).fit(logits[takes, None], truth)
    return float(curve.coef_[0, 0]), float(curve.intercept_[0])


def _thresholds(examples: Sequence[Example], notice: Floats, chrome: Floats, sentences: Floats) -> Thresholds:
    """Probabilities at which verdicts turn, from held-out scores; a story lost costs most."""
    label = np.array([example.label for example in examples])
    hard = np.array([example.hard for example in examples])
    plain = (label == "editorial") & ~hard
    furniture = ((1 - notice) * chrome)[label == "editorial"]
    at = max(_above(notice[plain], PLAIN_LOST), _above(notice[hard], HARD_LOST), 0.5)
    return Thresholds(
        notice=round(at, 3),
        chrome=round(max(_above(furniture, CHROME_LOST), 0.5), 3),
        span=round(max(_above(sentences, SENTENCE_LOST), at), 3),
        kind=KIND,
    )


def _above(scores: Floats, share: float) -> float:
    """The score that this share of the scores lies above."""
    return float(np.quantile(scores, 1 - share)) if len(scores) else 0.5


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
        "languages": languages(examples),
        "counts": _counts(examples),
        "corpus": corpus_fingerprint(examples),
        "fingerprint": fingerprint(arrays),
    }


def _counts(examples: Sequence[Example]) -> dict[str, list[int]]:
    """By language: families, notices, editorial, hard editorial, chrome."""
    counts = {}
    for language in languages(examples):
        own = [example for example in examples if example.language == language]
        labels = [sum(e.label == label for e in own) for label in ("notice", "editorial")]
        hard, chrome = sum(e.hard for e in own), sum(e.label == "chrome" for e in own)
        counts[language] = [len({e.family for e in own}), *labels, hard, chrome]
    return counts
