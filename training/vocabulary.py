"""The words that each language knows: the commonest of its corpus, counted once a family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.languages import words
from detector.ngrams import Symbols, fold
from training.corpus import Example, languages

#: Words a language may know, and in how many families each must stand.
WORDS, FAMILIES = 4000, 2
SIZE = 1 << 16


def vocabulary(examples: Sequence[Example], table: Symbols) -> NDArray[np.uint32]:
    """Bit `i` of bucket `b` says that language `i` knows a word of that bucket; shape (65536,)."""
    names = languages(examples)
    if len(names) > 32:
        raise ValueError(f"{len(names)} languages, but the table has 32 bits")
    known = np.zeros(SIZE, np.uint32)
    for i, name in enumerate(names):
        own = [example for example in examples if example.language == name]
        family = np.unique([example.family for example in own], return_inverse=True)[1]
        row, bucket = words(fold([example.text for example in own], table))
        pairs = np.unique(np.stack([family[row], bucket.astype(np.int64)]), axis=1)
        found, families = np.unique(pairs[1], return_counts=True)
        commonest = np.argsort(-families, kind="stable")[:WORDS]
        known[found[commonest[families[commonest] >= FAMILIES]]] |= np.uint32(1 << i)
    return known
