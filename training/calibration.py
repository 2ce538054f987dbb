"""From held-out scores to probabilities, and from probabilities to operating points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from detector.model import Thresholds
from training.corpus import Example

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Loss:
    """Shares of held-out stories that an operating point may cost.

    Of plain and of hard ones called notice, of all called chrome, and of the sentences of plain
    ones called a notice inside.
    """

    plain: float
    hard: float
    chrome: float
    sentence: float


#: Stories held out are harder than most pages, and what stands at 0.04 % here stood at none of 1,298 outside.
LOSSES = {
    "strict": Loss(0.0001, 0.0005, 0.001, 0.000005),
    "balanced": Loss(0.00036, 0.0018, 0.005, 0.00001),
    "eager": Loss(0.002, 0.01, 0.01, 0.0005),
}
#: A kind is given from this probability on: the best on text from outside. Held-out families alone
#: would ask for 0.35, since our notices have more kinds each than those of most pages.
KIND = 0.6


def curve(logits: Floats, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift of a logistic curve through held-out scores (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(logits[:, None], truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def logistic(logits: Floats, slope: float, shift: float) -> Floats:
    """The probabilities that a curve gives."""
    return np.asarray(1 / (1 + np.exp(-(slope * logits + shift))))


def points(
    examples: Sequence[Example], notice: Floats, chrome: Floats, sentences: Floats
) -> dict[str, Thresholds]:
    """The probabilities at which verdicts turn, by operating point, from held-out probabilities.

    `notice` and `chrome` have shape (n,), `chrome` given that the example is no notice;
    `sentences` are those of plain stories.
    """
    plain, hard = _sorts(examples)
    furniture = ((1 - notice) * chrome)[plain | hard]
    found = {}
    for name, loss in LOSSES.items():
        at = max(_above(notice[plain], loss.plain), _above(notice[hard], loss.hard), 0.5)
        found[name] = Thresholds(
            notice=round(at, 3),
            chrome=round(max(_above(furniture, loss.chrome), 0.5), 3),
            span=round(max(_above(sentences, loss.sentence), at), 3),
            kind=KIND,
        )
    return found


def measured(
    examples: Sequence[Example], notice: Floats, points: dict[str, Thresholds]
) -> dict[str, dict[str, list[int]]]:
    """For each operating point and sort of example: how many held-out ones are called notice, of how many."""
    label = np.array([example.label for example in examples])
    plain, hard = _sorts(examples)
    sorts = {"plain": plain, "hard": hard, "chrome": label == "chrome", "notice": label == "notice"}
    return {
        point: {
            name: [int((notice[sort] >= limits.notice).sum()), int(sort.sum())]
            for name, sort in sorts.items()
        }
        for point, limits in points.items()
    }


def _sorts(examples: Sequence[Example]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which examples are plain stories, and which hard ones."""
    story = np.array([example.label == "editorial" for example in examples], bool)
    hard = np.array([example.hard for example in examples], bool)
    return story & ~hard, story & hard


def _above(scores: Floats, share: float) -> float:
    """The score that this share of the scores lies above."""
    return float(np.quantile(scores, 1 - share)) if len(scores) else 0.5
