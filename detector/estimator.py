"""The detector as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import DetectorError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
except ImportError as error:
    raise DetectorError("to_sklearn() needs scikit-learn: run `pip install scikit-learn`.") from error

if TYPE_CHECKING:
    from detector.detection import Detector


class NoticeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Texts in, "notice" or "other" out. Already fitted: `fit` changes nothing."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.classes_ = np.array(["notice", "other"])

    def fit(self, X: Iterable[str], y: Any = None) -> NoticeClassifier:
        """Do nothing: the model is trained. Here so that pipelines accept it."""
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Probabilities of "notice" and "other"; shape (n, 2)."""
        notice = self.detector.score(list(X)).astype(np.float64)
        return np.column_stack([notice, 1 - notice])

    def predict(self, X: Iterable[str]) -> NDArray[np.str_]:
        """Labels at the model's own threshold; shape (n,)."""
        notice = self.predict_proba(X)[:, 0]
        labels: NDArray[np.str_] = np.where(notice >= self.detector.limits.notice, *self.classes_)
        return labels
