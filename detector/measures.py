"""What one pass over many texts finds: all that a verdict needs, for texts that are plainly no notice.

The compiled kernel makes the pass where the package was built with one; else NumPy does, slower and
to the same bits, and leaves out only what spares work (`peaks`, `plain`). What may hold a notice is
measured again by sentence (`measure_parts`), and a notice by kind (`measure_details`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from detector import languages
from detector.model import Model
from detector.ngrams import chunks, fold, lengths, pieces, spell

_kernel: Any
try:
    from detector import _kernel  # type: ignore[attr-defined, no-redef]
except ImportError:
    _kernel = None

#: The kernel's longest window, in symbols.
LONGEST_WINDOW: Final = 7
#: Weights are told in these units where a fraction counts.
UNIT: Final = 16
#: A peak that nothing was measured of: any sentence may be a notice.
UNMEASURED: Final = 1 << 62
_FIELDS: Final = ("sums", "sizes", "peaks", "chrome", "words", "known", "plain")
_SIZE, _PLAIN = _FIELDS.index("sizes"), _FIELDS.index("plain")

Counts = NDArray[np.int64]
_Table = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Of each text, shape (n,): the sum of its weights for notice and its length in symbols.

    `peaks` is the heaviest stretch, in 1/UNIT above the cut, a bound on every sentence; `chrome` the
    sum of weights for chrome; `words` how many words tell a language, `known` how many of them the
    language knows that knows most; `plain` is 1 for what is surely one paragraph without marks.
    `sizes` is -1 for what could not be read (`measure_utf8` only).
    """

    sums: Counts
    sizes: Counts
    peaks: Counts
    chrome: Counts
    words: Counts
    known: Counts
    plain: Counts


def chosen(found: Measures, rows: Sequence[int] | NDArray[np.int64]) -> Measures:
    """Of some of the texts, in this order."""
    return Measures(*(getattr(found, name)[rows] for name in _FIELDS))


def completed(
    model: Model, texts: Sequence[str], cut: int, rows: NDArray[np.int64], known: Measures
) -> Measures:
    """`measure`, where what it finds of the texts in `rows` is known already."""
    table = np.empty((len(texts), len(_FIELDS)), np.int64)
    others = np.setdiff1d(np.arange(len(texts)), rows)
    table[rows] = _table(known)
    table[others] = _table(measure(model, [texts[i] for i in others.tolist()], cut))
    return _measures(table)


def measure(model: Model, texts: Sequence[str], cut: int | None = None) -> Measures:
    """Measure texts. `cut` is what a symbol must weigh to lift a peak, in 1/UNIT.

    Without a cut only `sums` and `sizes` are measured, which is quicker.
    """
    parts, owner = pieces(texts)
    table = _by_kernel(model, parts, cut) if _fits(model) else _by_numpy(model, parts, cut)
    if len(parts) == len(texts):
        return _measures(table)
    whole = np.zeros((len(texts), len(_FIELDS)), np.int64)
    np.add.at(whole, owner, table)
    cut_up = np.bincount(owner, minlength=len(texts)) > 1
    measures = _measures(whole)
    measures.peaks[cut_up], measures.plain[cut_up] = UNMEASURED, 0
    return measures


def measure_utf8(model: Model, data: memoryview, offsets: NDArray[Any], cut: int) -> Measures:
    """Measure texts laid out as in Arrow: bytes of UTF-8, and n + 1 offsets into them, of 32 or 64 bits.

    The size of a text that is not UTF-8 is -1. No text becomes a Python string that need not.
    """
    table = np.full((len(offsets) - 1, len(_FIELDS)), -1, np.int64)
    if _fits(model):
        _kernel.measure_utf8(data, offsets, offsets.itemsize, table, *_arguments(model, cut))
    left: dict[int, str] = {}
    for i in np.flatnonzero(table[:, _SIZE] < 0).tolist():
        with suppress(UnicodeDecodeError):
            left[i] = str(data[offsets[i] : offsets[i + 1]], "utf-8")
    table[list(left)] = _table(measure(model, list(left.values()), cut))
    return _measures(table)


def measure_parts(
    model: Model, texts: Sequence[str], starts: Sequence[Sequence[int]]
) -> tuple[Counts, Counts, Counts]:
    """The weights for notice of the parts of texts, which add up to those of the texts.

    The parts of text `i` begin at `starts[i]` in characters, ascending; the first begins with the text.
    Returns the sum and the length in symbols of each part, shape (parts,), and where the parts of each
    text begin among them, shape (len(texts) + 1,).
    """
    cuts = [list(own[1:]) for own in starts]
    first = np.cumsum([0, *(len(own) + 1 for own in cuts)])
    table = np.zeros((first[-1], 2), np.int64)
    left = list(range(len(texts)))
    if _fits(model):
        places = np.array([place for own in cuts for place in own], np.int64)
        counts = [len(own) for own in cuts]
        _kernel.measure_parts(list(texts), places, counts, table, *_arguments(model, None))
        left = np.flatnonzero(table[first[:-1], 1] < 0).tolist()
    if left:
        cells = [np.arange(first[i], first[i + 1]) for i in left]
        table[np.concatenate(cells)] = _parts_by_numpy(
            model, [texts[i] for i in left], [cuts[i] for i in left]
        )
    return table[:, 0], table[:, 1], first


def measure_details(model: Model, texts: Sequence[str]) -> tuple[_Table, Counts]:
    """The sums of the weights of texts for chrome and each kind, shape (n, 1 + kinds), and their lengths."""
    parts, owner = pieces(texts)
    columns = 1 + len(model.kinds)
    table = np.zeros((len(parts), columns + 1), np.int64)
    left = list(range(len(parts)))
    if _fits(model):
        _kernel.measure_details(parts, columns, table, *_arguments(model, None, model.detail))
        left = np.flatnonzero(table[:, columns] < 0).tolist()
    if left:
        table[left] = _details_by_numpy(model, [parts[i] for i in left])
    if len(parts) == len(texts):
        return table[:, :columns], table[:, columns]
    whole = np.zeros((len(texts), columns + 1), np.int64)
    np.add.at(whole, owner, table)
    return whole[:, :columns], whole[:, columns]


def _measures(table: _Table) -> Measures:
    return Measures(*table.T)


def _table(found: Measures) -> _Table:
    """What `_measures` was made of."""
    return np.stack([getattr(found, name) for name in _FIELDS], axis=1)


def _fits(model: Model) -> bool:
    """Whether there is a kernel and it knows the recipes of this model."""
    recipe, detail = model.recipe, model.detail_recipe
    windows = [*recipe.windows, *detail.windows]
    simple = len(windows) == 2 and max(map(max, windows)) <= LONGEST_WINDOW
    return _kernel is not None and simple and recipe.words <= 2 and detail.words <= 1


def _by_kernel(model: Model, parts: list[str], cut: int | None) -> _Table:
    table = np.zeros((len(parts), len(_FIELDS)), np.int64)
    _kernel.measure_texts(parts, table, *_arguments(model, cut))
    marked = np.flatnonzero(table[:, _SIZE] < 0)
    if len(marked):
        spelled = [symbols.tobytes() for symbols in spell([parts[i] for i in marked], model.symbols)]
        again = np.zeros((len(marked), len(_FIELDS)), np.int64)
        _kernel.measure_texts(spelled, again, *_arguments(model, cut))
        again[:, _PLAIN] = table[marked, _PLAIN]
        table[marked] = again
    return table


def _arguments(model: Model, cut: int | None, second: NDArray[np.int8] | None = None) -> tuple[Any, ...]:
    """What the kernel is told of a model; its second table is that of chrome where no other is named."""
    recipe, detail = model.recipe, model.detail_recipe
    return (
        model.symbols,
        model.notice,
        model.chrome if second is None else second,
        None if cut is None else model.vocabulary,
        (*recipe.windows[0], recipe.words, recipe.bits),
        (*detail.windows[0], detail.words, detail.bits),
        cut or 0,
        (cut or 0) * model.padding,
    )


def _by_numpy(model: Model, parts: list[str], cut: int | None) -> _Table:
    table = np.zeros((len(parts), len(_FIELDS)), np.int64)
    measures = _measures(table)
    for part in chunks(parts):
        folded = fold(parts[part], model.symbols)
        end, starts = folded.bounds[-1], folded.bounds[:-1]
        measures.sums[part] = np.add.reduceat(model.contributions(folded)[:end], starts, dtype=np.int64)
        measures.sizes[part] = lengths(folded, folded.bounds)
        if cut is not None:
            chrome = model.chrome_contributions(folded)[:end]
            measures.chrome[part] = np.add.reduceat(chrome, starts, dtype=np.int64)
            measures.words[part], measures.known[part] = languages.count(model, folded)
    measures.peaks[:] = UNMEASURED
    return table


def _parts_by_numpy(model: Model, texts: Sequence[str], cuts: Sequence[Sequence[int]]) -> _Table:
    parts, owner = pieces(texts)
    offset = np.zeros(len(parts), np.int64)  # of a piece in its text
    for later in (np.flatnonzero(owner[1:] == owner[:-1]) + 1).tolist():
        offset[later] = offset[later - 1] + len(parts[later - 1])
    first = np.cumsum([0, *(len(own) + 1 for own in cuts)])
    begins = [np.array(own, np.int64) for own in cuts]
    table = np.zeros((first[-1], 2), np.int64)
    for part in chunks(parts):
        folded = fold(parts[part], model.symbols)
        cells, edges = [], []
        at = 0
        for i in range(part.start, part.stop):
            row = int(owner[i])
            inner = begins[row] - offset[i]
            lead = int(np.searchsorted(inner, 0, "right"))
            inner = inner[lead : int(np.searchsorted(inner, len(parts[i])))]
            cells.append(first[row] + lead + np.arange(len(inner) + 1))
            edges.append(np.concatenate(([at], at + 1 + inner)))
            at += len(parts[i]) + 1
        places = np.append(np.searchsorted(folded.origin, np.concatenate(edges)), folded.bounds[-1])
        running = np.concatenate(([0], np.cumsum(model.contributions(folded), dtype=np.int64)))
        sums = np.diff(running[places])
        np.add.at(table, np.concatenate(cells), np.stack([sums, lengths(folded, places)], axis=1))
    return table


def _details_by_numpy(model: Model, parts: list[str]) -> _Table:
    table = np.zeros((len(parts), 2 + len(model.kinds)), np.int64)
    for part in chunks(parts):
        folded = fold(parts[part], model.symbols)
        contributions = model.detail_contributions(folded)[: folded.bounds[-1]]
        table[part, :-1] = np.add.reduceat(contributions, folded.bounds[:-1], axis=0)
        table[part, -1] = lengths(folded, folded.bounds)
    return table
