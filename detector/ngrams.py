"""Hashed n-grams of many paragraphs at once.

One implementation serves training (`matrix`, a sparse count matrix) and scoring (`Grams` gathered
from a weight table and summed), so the two cannot drift apart. A text becomes n-grams in three steps:

1. *Fold*: every code point is looked up in a table of symbols. Case, accents, full-width forms, the
   kinds of quotes and dashes, digits, emphasis marks and white space fold together, so that
   re-wrapping, shouting or emphasis leave the same symbols. A run of white space is one symbol.
2. *Cut*: windows of fixed orders over the symbols, and words and pairs of words. A script of many
   signs (Chinese, Japanese, Korean) has shorter windows, and each of its characters is a word.
3. *Hash*: multiply and xor over whole arrays. The hash of a window is built from those of its halves
   (Karp & Rabin 1987 for the idea of composing); the hash of a word is a difference of prefix sums.

All arithmetic is on integers modulo 2^32, so a hash does not depend on batch, platform or order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import regex
from numpy.typing import NDArray

#: Symbols below this are not letters; a letter or digit is at or above it.
LETTER = 48
#: Symbols at or above this belong to scripts of words or syllables: each is a word of its own.
WIDE = 0x2E80
#: The three symbols with a meaning of their own; a web address is one symbol, whatever it says.
DROPPED, SPACE, ADDRESS = 0, 1, 47
#: A text longer than this many characters is hashed in pieces of this length.
PIECE = 1 << 16
#: Texts are folded together until they hold this many characters: temporaries stay in cache.
CHUNK = 1 << 15

_ADDRESS = regex.compile(r"\p{L}{2,6}+://[^\s()\[\]<>\"'“”«»，。）】]*+")
#: The target of a Markdown link, and an HTML tag: marks of layout like the signs of emphasis.
_MARKUP = regex.compile(
    r"""!(?=\[) | \]\([^\s()]{0,2000}+\)
    | </?[a-zA-Z][a-zA-Z0-9]{0,15}+ (?:[ \t][^<>\n=]{1,40}=[^<>\n]{0,300}+)? [ ]?/?>""",
    regex.VERBOSE,
)
_PAIR = np.uint32(0x9E3779B1)
_MIX = np.uint32(0x85EBCA6B)
_WORD = 0x01000193
_TAIL = 16  # symbols after the last, so that windows may run over the end

Symbols = NDArray[np.uint16]
Hashes = NDArray[np.uint32]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which n-grams are cut, and into how many buckets they are hashed.

    `windows` holds pairs of orders: in alphabets, in scripts of many signs. `words` is the
    longest run of words. `bits` is the binary logarithm of the number of buckets, 8 to 26.
    """

    windows: tuple[tuple[int, int], ...] = ((5, 2), (6, 3))
    words: int = 2
    bits: int = 20

    def bucket(self, hashes: Hashes) -> Hashes:
        """The bucket of each hash: its top bits after one multiplication. Hash 0 is bucket 0."""
        return (hashes * _MIX) >> np.uint32(32 - self.bits)


@dataclass(frozen=True, slots=True)
class Folded:
    """Symbols of some texts in a row; text `i` is `symbols[bounds[i]:bounds[i + 1]]`.

    Each text begins with one space, which also closes the text before it. `origin[j]` is the place
    of symbol `j` in the texts laid end to end with one separator before each.
    """

    symbols: Symbols
    bounds: Index
    origin: Index


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of one sort: gram `j` covers the symbols from `starts[j]` to `ends[j]`.

    A hash of 0 stands for no gram at all (a window that would run into the next text).
    """

    hashes: Hashes
    starts: Index
    ends: Index


def pieces(texts: Sequence[str]) -> tuple[list[str], Index]:
    """Cut long texts into pieces; returns the pieces and the index of the text each belongs to."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    if not len(lengths) or lengths.max() <= PIECE:
        return list(texts), np.arange(len(texts))
    parts: list[str] = []
    owner: list[int] = []
    for i, text in enumerate(texts):
        for at in range(0, max(len(text), 1), PIECE):
            parts.append(text[at : at + PIECE])
            owner.append(i)
    return parts, np.array(owner, np.int64)


def chunks(parts: Sequence[str]) -> Iterator[slice]:
    """Slices of `parts` of about `CHUNK` characters each, at least one part a slice."""
    ends = np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)) + 1)
    start, done = 0, 0
    while start < len(parts):
        stop = max(int(np.searchsorted(ends, done + CHUNK, "right")), start + 1)
        yield slice(start, stop)
        start, done = stop, int(ends[stop - 1])


def fold(texts: Sequence[str], table: Symbols) -> Folded:
    """Fold texts into symbols with `table`, shape (65536,): the symbol of each code point."""
    symbols, cuts = _spelled(texts, table)
    gap = symbols <= SPACE
    if (symbols == DROPPED).any():
        # A dropped symbol must not hide that the one before it was a space.
        last = np.maximum.accumulate(np.where(symbols != DROPPED, np.arange(len(symbols)), 0))
        before = gap[last]
    else:
        before = gap
    keep = ~gap
    keep[1:] |= ~before[:-1]
    keep &= symbols != DROPPED
    keep[cuts] = True
    origin = np.flatnonzero(keep)
    bounds = np.searchsorted(origin, cuts)
    trailing = bounds[1:] - 1
    trailing = trailing[(symbols[origin[trailing]] == SPACE) & (trailing != bounds[:-1])]
    if len(trailing):
        origin = np.delete(origin, trailing)
        bounds = np.searchsorted(origin, cuts)
    return Folded(symbols[origin], bounds, origin)


def spell(texts: Sequence[str], table: Symbols) -> list[Symbols]:
    """The symbol of each code point of each text, addresses and markup replaced: folding's first step."""
    symbols, cuts = _spelled(texts, table)
    return [symbols[start + 1 : end] for start, end in pairwise(cuts.tolist())]


def _spelled(texts: Sequence[str], table: Symbols) -> tuple[Symbols, Index]:
    """Symbols of texts laid end to end with a separator around each, and the places of the separators."""
    joined = "\n" + "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    symbols = table.take(np.minimum(codes, np.uint32(0xFFFF)))
    if "://" in joined:
        _replace(symbols, _ADDRESS.finditer(joined), ADDRESS)
    if "](" in joined or "<" in joined:
        _replace(symbols, _MARKUP.finditer(joined), SPACE)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    cuts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths + 1, out=cuts[1:])
    return symbols, cuts


def _replace(symbols: Symbols, matches: Iterable[regex.Match[str]], symbol: int) -> None:
    """Put one symbol in the place of each match."""
    for match in matches:
        symbols[match.start() : match.end()] = DROPPED
        symbols[match.start()] = symbol


def lengths(folded: Folded, edges: Index) -> Index:
    """Length of the symbols from each edge to the next; shape (len(edges) - 1,).

    A symbol of a script of many signs counts twice, since twice as many n-grams begin at it.
    """
    found = np.diff(edges)
    wide = folded.symbols >= WIDE
    if wide.any():
        found += np.diff(np.concatenate(([0], np.cumsum(wide)))[edges])
    return found


def grams(folded: Folded, recipe: Recipe) -> Iterator[Grams]:
    """All n-grams of folded texts, one sort after another."""
    size = len(folded.symbols)
    symbols = np.zeros(size + _TAIL, np.uint32)
    symbols[:size] = folded.symbols
    found = symbols >= WIDE
    wide = found if found.any() else None
    yield from _windows(symbols, wide, folded.bounds, recipe)
    if recipe.words:
        yield from _words(symbols, wide, folded.bounds, recipe.words)


def _windows(
    symbols: Hashes, wide: NDArray[np.bool_] | None, bounds: Index, recipe: Recipe
) -> Iterator[Grams]:
    size = len(symbols) - _TAIL
    ladder = {1: symbols * _PAIR + np.uint32(1)}
    starts = _places(size)[:size]
    for spaced, unspaced in recipe.windows:
        hashes = _window_hashes(ladder, spaced)[:size].copy()
        hashes[_crossing(bounds, spaced)] = 0
        ends = _places(size)[spaced : size + spaced]
        if wide is not None:
            here = wide[:size]
            short = _window_hashes(ladder, unspaced)[:size].copy()
            short[_crossing(bounds, unspaced)] = 0
            hashes = np.where(here, short, hashes)
            ends = np.where(here, starts + unspaced, ends)
        yield Grams(hashes, starts, ends)


def _places(size: int) -> Index:
    """The numbers from 0, at least `size` + _TAIL of them; shared, not to be written to."""
    return _numbers((size + _TAIL - 1).bit_length())


@cache
def _numbers(bits: int) -> Index:
    return np.arange(1 << bits)


def _window_hashes(ladder: dict[int, Hashes], order: int) -> Hashes:
    """Hashes of all windows of one order, from those of the largest power of two below and the rest."""
    if order not in ladder:
        half = 1 << ((order - 1).bit_length() - 1)
        left, right = _window_hashes(ladder, half), _window_hashes(ladder, order - half)
        joined = np.zeros_like(left)
        np.multiply(left[:-half], _PAIR + np.uint32(2 * order), out=joined[:-half])
        joined[:-half] ^= right[half:]
        ladder[order] = joined
    return ladder[order]


def _crossing(bounds: Index, order: int) -> Index:
    """Starts of the windows that run past the space that closes their text."""
    starts = (bounds[1:, None] - np.arange(1, order - 1)).ravel()
    return np.append(starts[starts >= 0], bounds[-1])


def _words(symbols: Hashes, wide: NDArray[np.bool_] | None, bounds: Index, longest: int) -> Iterator[Grams]:
    letter = symbols >= LETTER
    joint = letter[1:] & letter[:-1]
    if wide is not None:
        joint &= ~(wide[1:] | wide[:-1])
    first, final = letter.copy(), letter.copy()
    first[1:] &= ~joint
    final[:-1] &= ~joint
    starts = np.flatnonzero(first)
    ends = np.flatnonzero(final) + 1
    powers, inverses = _powers(1 << (len(symbols) - 1).bit_length())
    sums = np.zeros(len(symbols) + 1, np.uint32)
    np.cumsum(symbols * powers[: len(symbols)], dtype=np.uint32, out=sums[1:])
    single = (sums[ends] - sums[starts]) * inverses[starts] ^ _MIX
    yield Grams(single, starts, ends)
    last = np.searchsorted(starts, bounds[1:]) - 1  # the last word before each closing space
    run = single
    for length in range(2, longest + 1):
        if len(single) < length:
            return
        run = run[:-1] * _PAIR ^ single[length - 1 :]
        hashes = run.copy()
        crossing = (last[:, None] - np.arange(length - 1)).ravel()
        hashes[crossing[(crossing >= 0) & (crossing < len(hashes))]] = 0
        yield Grams(hashes, starts[: len(hashes)], ends[length - 1 :])


@cache
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Powers of the word multiplier and of its inverse modulo 2^32."""
    inverse = pow(_WORD, -1, 1 << 32)
    both = []
    for base in (_WORD, inverse):
        row = np.full(size, base, np.uint32)
        row[0] = 1
        both.append(np.multiply.accumulate(row, dtype=np.uint32))
    return both[0], both[1]
