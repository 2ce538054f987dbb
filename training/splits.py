"""Folds that never part a family: variants of one wording are learned or tested, not both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.corpus import Example

FOLDS = 5


def folds(examples: Sequence[Example]) -> NDArray[np.int64]:
    """The fold of each example, 0 to FOLDS - 1, by a hash of its family: it survives new lines."""
    digests = (hashlib.sha256(example.family.encode()).digest() for example in examples)
    return np.array([digest[0] % FOLDS for digest in digests], np.int64)
