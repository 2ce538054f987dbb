"""The hashing that training and serving share."""

import numpy as np
import pytest

from detector.ngrams import CHUNK, PIECE, Recipe, chunks, fold, grams, pieces

RECIPE = Recipe(windows=((5, 2), (6, 3)), words=3)


def bag(texts, table, recipe=RECIPE):
    """The hashes of each text, sorted."""
    folded = fold(texts, table)
    bags = [[] for _ in texts]
    for gram in grams(folded, recipe):
        rows = np.searchsorted(folded.bounds, gram.starts, "right") - 1
        for row, value, start, end in zip(rows, gram.hashes, gram.starts, gram.ends, strict=True):
            if value:
                assert folded.bounds[row] <= start < end <= folded.bounds[row + 1] + 1
                bags[row].append(int(value))
    return [sorted(b) for b in bags]


TEXTS = ["Terms apply.", "", " ", "你好，世界 and more", "x", "** A ** é", "สวัสดี ครับ", "word " * 40, "𝔘𝔫𝔦"]


def test_a_text_has_the_same_ngrams_in_any_company(model):
    """Neighbours in a batch leave no trace in a text's hashes."""
    together = bag(TEXTS + TEXTS[::-1], model.symbols)
    alone = [bag([text], model.symbols)[0] for text in TEXTS]
    assert together == alone + alone[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Terms Apply", "TERMS APPLY"),
        ("café élevé", "cafe\u0301 eleve\u0301"),
        ("café", "CAFE"),
        ("“quoted” don’t", '"quoted" don\'t'),
        ("one two", " one \n\t two "),
        ("**one** _two_", "one two"),
        ("see [one two](http://a.example/b?c=d) and ![x](img/1.png)", "see one two and x"),
        ('<p class="small">one<br>two</p>', "one two"),
        ("self-made – well", "self made well"),
        ("ＡＢＣ１２", "abc99"),
        ("12 of 345", "98 of 761"),
        ("co\u00adoperate\u200b", "cooperate"),
        ("مُحَمَّد", "محمد"),
        ("ΤΈΛΟΣ", "τέλος"),
    ],
)
def test_folding_forgets_what_layout_and_typography_change(model, one, other):
    """Case, accents, quotes, width, digits, emphasis and white space leave no trace."""
    assert bag([one], model.symbols) == bag([other], model.symbols)


def test_folding_keeps_what_is_no_tag(model):
    """A comparison is no tag, and what stands in one is read."""
    for text in ("if a <b and c> d", "if x < y, z > w", "if](no link"):
        assert len(bag([text], model.symbols)[0]) > 3 * len(bag(["if"], model.symbols)[0])


def test_folding_keeps_what_matters(model):
    """Other words, other order, other marks are other n-grams."""
    for one, other in [("no advice", "advice no"), ("© Ltd", "Ltd"), ("may", "must"), ("が", "か")]:
        assert bag([one], model.symbols) != bag([other], model.symbols)


def test_windows_and_words_are_counted_as_the_recipe_says(model):
    """ "ab cd" is 7 symbols with its spaces: 3 windows of 5, 2 of 6; 2 words, 1 pair, no triple."""
    sorts = grams(fold(["ab cd"], model.symbols), RECIPE)
    assert [int((gram.hashes != 0).sum()) for gram in sorts] == [3, 2, 2, 1]


def test_long_texts_are_cut_and_short_ones_are_gathered():
    """Pieces bound memory; chunks bound the number of calls."""
    parts, owner = pieces(["a", "b" * (PIECE * 2 + 1), ""])
    assert [len(p) for p in parts] == [1, PIECE, PIECE, 1, 0]
    assert owner.tolist() == [0, 1, 1, 1, 2]
    slices = list(chunks(["x" * 100] * 1000))
    assert sum(s.stop - s.start for s in slices) == 1000
    assert len(slices) < 1000 * 101 / CHUNK + 2


def test_one_hash_function_for_ever(model):
    """Hashes are part of the model format: a change here makes all shipped models wrong."""
    folded = fold(["No advice. 无保证"], model.symbols)
    values = [int(np.bitwise_xor.reduce(gram.hashes)) for gram in grams(folded, RECIPE)]
    assert values == [2085061237, 494678563, 2081129412, 1240287274, 3717246529]
