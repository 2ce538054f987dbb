"""Which language a text is in, as far as the model knows: it abstains on those that it does not.

A text is in the language that knows most of its words. Each language of the model knows the
commonest few thousand words of its corpus; one table of bits holds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.model import Model
from detector.ngrams import LETTER, Folded, Recipe, chunks, fold, grams, pieces

#: Words of more symbols are names, compounds, or whole clauses of a script without spaces.
LONGEST = 14
#: A language that knows at least this share of a text's words, less some by chance, is its language.
KNOWN, CHANCE = 0.4, 1.5
#: Fewer words than this say nothing.
FEWEST = 15
_WORDS = Recipe(windows=(), words=1, bits=16)


@dataclass(frozen=True, slots=True)
class Counts:
    """Words of some texts: `total` has shape (n,), `known` (n, languages)."""

    total: NDArray[np.int64]
    known: NDArray[np.int64]

    def pooled(self) -> Counts:
        """The counts of all texts together, shape (1, ...)."""
        return Counts(self.total.sum(keepdims=True), self.known.sum(0, keepdims=True))

    def unknown(self) -> NDArray[np.bool_]:
        """Which texts have enough words, and too few that any one language knows; shape (n,)."""
        best = self.known.max(axis=1, initial=0)
        return np.asarray((self.total >= FEWEST) & (best + CHANCE < KNOWN * self.total))


def count(model: Model, texts: Sequence[str]) -> Counts:
    """Count the words of texts, and those that each language of the model knows."""
    parts, owner = pieces(texts)
    total = np.zeros(len(texts), np.int64)
    known = np.zeros((len(texts), len(model.languages)), np.int64)
    for part in chunks(parts):
        folded = fold(parts[part], model.symbols)
        row, bucket = words(folded)
        row = owner[part][row]
        total += np.bincount(row, minlength=len(texts))
        knows = model.vocabulary[bucket]
        for i in range(len(model.languages)):
            known[:, i] += np.bincount(row[(knows >> np.uint32(i)) & np.uint32(1) == 1], minlength=len(texts))
    return Counts(total, known)


def words(folded: Folded) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The row and the bucket of each word of folded texts; numbers, folded to the first letter, are none."""
    rows, buckets = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
    for gram in grams(folded, _WORDS):
        short = (gram.ends - gram.starts <= LONGEST) & (folded.symbols[gram.starts] > LETTER)
        rows.append(np.searchsorted(folded.bounds, gram.starts[short], "right") - 1)
        buckets.append(_WORDS.bucket(gram.hashes[short]))
    return np.concatenate(rows), np.concatenate(buckets)
