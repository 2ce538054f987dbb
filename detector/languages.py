"""Which language a text is in, as far as the model knows: it abstains on those that it does not.

A text is in the language that knows most of its words. Each language of the model knows the
commonest few thousand words of its corpus; one table of bits holds them all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.model import Model
from detector.ngrams import LETTER, Folded, Recipe, grams

#: Words of more symbols are names, compounds, or whole clauses of a script without spaces.
LONGEST = 14
#: A language that knows at least this share of a text's words, less some by chance, is its language.
KNOWN, CHANCE = 0.4, 1.5
#: Fewer words than this say nothing.
FEWEST = 15
_WORDS = Recipe(windows=(), words=1, bits=16)

Counts = NDArray[np.int64]


def unknown(total: Counts, known: Counts) -> NDArray[np.bool_]:
    """Which texts have enough words, and too few that any one language knows; shape (n,)."""
    return np.asarray((total >= FEWEST) & (known + CHANCE < KNOWN * total))


def count(model: Model, folded: Folded) -> tuple[Counts, Counts]:
    """The words of each folded text, and how many the language knows that knows most; shape (n,) each."""
    total, known = knowledge(model, folded)
    return total, known.max(axis=1)


def knowledge(model: Model, folded: Folded) -> tuple[Counts, Counts]:
    """The words of each folded text, shape (n,), and how many each language knows, shape (n, languages)."""
    rows, buckets = words(folded)
    total = np.bincount(rows, minlength=len(folded.bounds) - 1)
    known = np.zeros((len(total), len(model.languages)), np.int64)
    some = total > 0
    if some.any():
        bits = np.unpackbits(model.vocabulary[buckets].astype("<u4").view(np.uint8), bitorder="little")
        by_word = bits.reshape(len(rows), -1)[:, : len(model.languages)]
        begins = np.cumsum(total) - total
        known[some] = np.add.reduceat(by_word, begins[some], axis=0, dtype=np.int64)
    return total, known


def words(folded: Folded) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The row and the bucket of each word of folded texts; numbers, folded to the first letter, are none."""
    rows, buckets = [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
    for gram in grams(folded, _WORDS):
        short = (gram.ends - gram.starts <= LONGEST) & (folded.symbols[gram.starts] > LETTER)
        rows.append(np.searchsorted(folded.bounds, gram.starts[short], "right") - 1)
        buckets.append(_WORDS.bucket(gram.hashes[short]))
    return np.concatenate(rows), np.concatenate(buckets)
