"""Measures are right in the middle and at their edges."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from training import metrics


def test_average_precision_agrees_with_scikit_learn():
    """On random scores with ties."""
    dice = np.random.default_rng(1)
    truth = dice.random(500) < 0.1
    score = np.round(truth + dice.random(500) * 2, 1)
    assert metrics.average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))


@pytest.mark.parametrize(
    ("truth", "score", "value"),
    [
        ([1, 0], [0.9, 0.1], 1.0),
        ([0, 1], [0.9, 0.1], 0.5),
        ([1, 1], [0.2, 0.1], 1.0),
        ([1, 0], [0.5, 0.5], 0.5),
    ],
)
def test_average_precision_at_its_edges(truth, score, value):
    """Perfect, worst, all positive, tied."""
    assert metrics.average_precision(truth, score) == pytest.approx(value)


def test_nothing_to_find_is_not_a_number():
    """Without positives there is no precision or recall to speak of."""
    assert math.isnan(metrics.average_precision([0, 0], [0.1, 0.2]))
    assert math.isnan(metrics.average_precision([], []))
    assert math.isnan(metrics.recall_at([0], [0.3], 0.1))
    assert math.isnan(metrics.calibration_error([], []))
    assert math.isnan(metrics.f1(0, 0, 0))


def test_recall_at_a_rate_counts_only_what_lies_above_the_allowed_negatives():
    """One in a hundred negatives may be passed over; ties with it do not count."""
    truth = [0] * 100 + [1, 1, 1]
    score = [0.5] * 99 + [0.9] + [0.95, 0.7, 0.5]
    assert metrics.recall_at(truth, score, 0.0) == pytest.approx(1 / 3)
    assert metrics.recall_at(truth, score, 0.01) == pytest.approx(2 / 3)
    assert metrics.recall_at([1, 1], [0.1, 0.2], 0.01) == 1.0


def test_wilson_interval():
    """A textbook value, and the edges."""
    assert metrics.wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert metrics.wilson(0, 0) == (0.0, 1.0)
    assert metrics.wilson(0, 10)[0] == 0.0
    assert metrics.wilson(10, 10)[1] == pytest.approx(1.0)


def test_calibration_error():
    """None for a perfect forecast, all for a wrong and sure one."""
    assert metrics.calibration_error([1, 0], [1.0, 0.0]) == 0.0
    assert metrics.calibration_error([0, 0], [1.0, 1.0]) == 1.0
    assert metrics.calibration_error([1, 0], [0.5, 0.5]) == 0.0


def test_f1_and_coverage():
    """Counts in, shares out."""
    assert metrics.f1(2, 4, 2) == pytest.approx(2 / 3)
    assert metrics.f1(0, 3, 0) == 0.0
    assert metrics.covered([(1, 3), (2, 4)], 5).tolist() == [False, True, True, True, False]
    assert metrics.covered([], 0).tolist() == []


def test_translations_of_one_wording_share_its_weight():
    """Recall counts a wording once, however many languages it stands in."""
    truth, score = [1, 1, 1, 0], [0.9, 0.1, 0.1, 0.5]
    assert metrics.recall_at(truth, score, 0.0) == pytest.approx(1 / 3)
    assert metrics.recall_at(truth, score, 0.0, [1, 0.5, 0.5, 1]) == pytest.approx(1 / 2)


def test_reliability_bins():
    """Mean probability, share of positives and size of each bin that is not empty."""
    assert metrics.reliability([0, 1, 1], [0.02, 0.04, 0.95]) == [
        (pytest.approx(0.03), 0.5, 2),
        (pytest.approx(0.95), 1.0, 1),
    ]
