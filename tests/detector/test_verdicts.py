"""What becomes of the sentences of a story."""

from itertools import accumulate, pairwise

import pytest

from detector import verdicts
from detector.model import Thresholds

LIMITS = Thresholds(notice=0.9, chrome=0.7, span=0.99, kind=0.6)


def runs(*scores):
    """The runs of sentences of ten characters with these probabilities."""
    places = pairwise(accumulate([10] * len(scores), initial=0))
    return verdicts._runs([(*place, p) for place, p in zip(places, scores, strict=True)], LIMITS)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((0.3, 0.3), []),
        ((0.3, 0.98, 0.3), []),
        ((0.01, 0.98, 0.01), [(10, 20, 0.98)]),
        ((0.3, 0.995, 0.3), [(10, 20, 0.995)]),
        ((0.3, 0.6, 0.995, 0.7, 0.3), [(10, 40, 0.995)]),
        ((0.5, 0.5, 0.995, 0.49, 0.6), [(0, 30, 0.995)]),
        ((0.995, 0.3, 0.999), [(0, 10, 0.995), (20, 30, 0.999)]),
        ((0.995, 0.6, 0.999), [(0, 30, 0.999)]),
    ],
)
def test_a_notice_goes_on_through_likely_sentences(scores, expected):
    """It begins at a sure one: amid a calm story at a little less."""
    assert runs(*scores) == expected
