"""Measures of a binary score, safe at their edges: none, all, perfect, empty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def average_precision(truth: ArrayLike, score: ArrayLike) -> float:
    """Area under the precision-recall curve, as the mean precision at each positive.

    Ties count as one step. NaN without a positive.
    """
    truth, score = np.asarray(truth, bool), np.asarray(score, float)
    if not truth.any():
        return math.nan
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    recall = hits[last] / truth.sum()
    precision = hits[last] / (last + 1)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def recall_at(truth: ArrayLike, score: ArrayLike, rate: float, weight: ArrayLike = 1.0) -> float:
    """Recall at the lowest threshold that calls at most `rate` of the negatives positive.

    `weight` is that of each positive. NaN without a positive; 1.0 without a negative.
    """
    truth, score = np.asarray(truth, bool), np.asarray(score, float)
    weight = np.broadcast_to(np.asarray(weight, float), truth.shape)
    if not truth.any():
        return math.nan
    negatives = np.sort(score[~truth])[::-1]
    allowed = int(rate * len(negatives) + 1e-9)
    if allowed >= len(negatives):
        return 1.0
    return float(np.average(score[truth] > negatives[allowed], weights=weight[truth]))


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a proportion (1927), 95 % by default; (0, 1) of nothing."""
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return max(0.0, centre - half), min(1.0, centre + half)


def calibration_error(truth: ArrayLike, probability: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width. NaN of nothing."""
    truth, probability = np.asarray(truth, float), np.asarray(probability, float)
    if not len(truth):
        return math.nan
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gap = np.abs(np.bincount(place, truth - probability, bins))
    return float(gap.sum() / len(truth))


def reliability(truth: ArrayLike, probability: ArrayLike, bins: int = 10) -> list[tuple[float, float, int]]:
    """For each bin of equal width that is not empty: mean probability, share of positives, size."""
    truth, probability = np.asarray(truth, float), np.asarray(probability, float)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for i in range(bins):
        mine = place == i
        if mine.any():
            found.append((float(probability[mine].mean()), float(truth[mine].mean()), int(mine.sum())))
    return found


def f1(hits: float, predicted: float, actual: float) -> float:
    """Harmonic mean of precision and recall from counts. NaN where there is nothing to find."""
    if actual == 0 and predicted == 0:
        return math.nan
    return 2 * hits / (predicted + actual)


def covered(spans: list[tuple[int, int]], length: int) -> NDArray[np.bool_]:
    """Which of `length` characters lie in any of the spans."""
    mask = np.zeros(length, bool)
    for start, end in spans:
        mask[start:end] = True
    return mask
