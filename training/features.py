"""N-gram counts as a sparse matrix: the same n-grams that scoring gathers and sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from detector.ngrams import Recipe, Symbols, chunks, fold, grams, lengths, pieces


def matrix(texts: Sequence[str], table: Symbols, recipe: Recipe, padding: int = 0) -> sparse.csr_matrix:
    """Counts of hashed n-grams over the text's length in symbols plus `padding`.

    Shape (len(texts), 2**recipe.bits), float32. Bucket 0 stays empty: it stands for no n-gram.
    """
    parts, owner = pieces(texts)
    rows, buckets = [], []
    sizes = np.zeros(len(texts), np.int64)
    for part in chunks(parts):
        folded = fold(parts[part], table)
        np.add.at(sizes, owner[part], lengths(folded, folded.bounds))
        for gram in grams(folded, recipe):
            row = np.searchsorted(folded.bounds, gram.starts, "right") - 1
            real = gram.hashes != 0
            rows.append(owner[part][row[real]])
            buckets.append(recipe.bucket(gram.hashes[real]))
    shape = (len(texts), 1 << recipe.bits)
    row, bucket = np.concatenate(rows), np.concatenate(buckets)
    row, bucket = row[bucket != 0], bucket[bucket != 0]
    values = (1 / (sizes + padding)).astype(np.float32)[row]
    counts = sparse.csr_matrix((values, (row, bucket)), shape=shape)
    counts.sum_duplicates()
    return counts
