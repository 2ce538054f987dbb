"""Weights of n-grams, summed three ways: by text (the score), by sentence (spans), by character (why)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detector.document import many
from detector.measures import measure, measure_details, measure_parts
from detector.model import Logits, Model, probability
from detector.ngrams import LETTER, WIDE, fold, grams, pieces
from detector.segmentation import clauses


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text and what it adds to the logit: above 0 towards notice."""

    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text scored as it did: `bias + characters.sum() == logit`, to 1e-5.

    `characters` has shape (len(text),): what each character adds to the logit. `words` sums it by
    word, in order of the text.
    """

    text: str = field(repr=False)
    score: float
    logit: float
    bias: float
    characters: NDArray[np.float64] = field(repr=False)
    words: tuple[Word, ...] = field(repr=False)

    def top(self, count: int = 5) -> tuple[Word, ...]:
        """The words that weighed most, either way, heaviest first."""
        return tuple(sorted(self.words, key=lambda word: -abs(word.weight))[:count])


def text_logits(model: Model, texts: Sequence[str]) -> Logits:
    """Calibrated logit of P(notice) of each text; shape (len(texts),)."""
    found = measure(model, texts)
    return model.logits(found.sums, found.sizes)


def sentence_logits(
    model: Model, texts: Sequence[str], starts: Sequence[Sequence[int]]
) -> tuple[Logits, NDArray[np.int64]]:
    """Logits of the sentences that begin at `starts` of each text, and where those of each text begin.

    They are sums over the contributions that make the text's own score. The first sentence of a text
    begins with the text.
    """
    sums, sizes, first = measure_parts(model, texts, starts)
    return model.logits(sums, sizes), first


def detail_logits(model: Model, texts: Sequence[str]) -> Logits:
    """Calibrated logits of chrome and of the kinds; shape (len(texts), 1 + kinds)."""
    return model.detail_logits(*measure_details(model, texts))


def kind_probabilities(model: Model, texts: Sequence[str]) -> NDArray[np.float32]:
    """Probability of each kind of each notice, shape (len(texts), kinds).

    A kind may show in one clause of a long notice, so the mean is taken of what the whole says and
    of what the clause says that says it most.
    """
    if not texts:
        return np.zeros((0, len(model.kinds)), np.float32)
    parts = [[text, *clauses(text)] for text in texts]
    each = probability(detail_logits(model, [text for part in parts for text in part])[:, 1:])
    first = np.cumsum([0, *map(len, parts[:-1])])
    mean: NDArray[np.float32] = (each[first] + np.maximum.reduceat(each, first)) / 2
    return mean


def explain(model: Model, text: str) -> Explanation:
    """Spread the logit of a text over its characters and words."""
    whole = measure(model, [text])
    logit = float(model.logits(whole.sums, whole.sizes)[0])
    unit = model.notice_head.scale / float(whole.sizes[0] + model.padding)
    characters = np.zeros(len(text) + 1)
    words: list[Word] = []
    at = 0
    for part in pieces([text])[0]:
        folded = fold([part], model.symbols)
        inside = slice(1, folded.bounds[-1])  # without the spaces before and after
        size = len(folded.symbols) + 1
        spread = np.zeros(size)
        for gram in grams(folded, model.recipe):
            weight = model.notice.take(model.recipe.bucket(gram.hashes))
            real = weight != 0
            start = np.maximum(gram.starts[real], inside.start)
            end = np.minimum(gram.ends[real], inside.stop)
            share = weight[real] * unit / (end - start)
            spread += np.bincount(start, share, size) - np.bincount(end, share, size)
        place = folded.origin[inside] - 1
        characters[at + place] = np.cumsum(spread)[inside]
        symbols = folded.symbols[inside]
        words += _words(text, at + place, symbols, characters)
        at += len(part)
    return Explanation(
        text=text,
        score=float(probability(np.array([logit]))[0]),
        logit=logit,
        bias=model.notice_head.bias,
        characters=characters[:-1],
        words=tuple(words),
    )


def _words(
    text: str, place: NDArray[np.int64], symbols: NDArray[np.uint16], characters: NDArray[np.float64]
) -> list[Word]:
    """Runs of letters; in scripts of many signs, runs of up to two characters."""
    letter, wide = symbols >= LETTER, symbols >= WIDE
    at = np.arange(len(symbols))
    begins = np.ones(len(symbols), np.bool_)
    begins[1:] = (letter[1:] != letter[:-1]) | (wide[1:] != wide[:-1])
    run = np.maximum.accumulate(np.where(begins, at, 0))
    begins |= wide & ((at - run) % 2 == 0)
    bounds = np.append(np.flatnonzero(begins), len(symbols))
    told = letter[bounds[:-1]]
    starts = place[bounds[:-1][told]]
    stops = place[bounds[1:][told] - 1] + 1
    sums = np.concatenate(([0.0], np.cumsum(characters)))
    return many(
        Word,
        len(starts),
        start=starts.tolist(),
        end=stops.tolist(),
        text=[text[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)],
        weight=(sums[stops] - sums[starts]).tolist(),
    )
