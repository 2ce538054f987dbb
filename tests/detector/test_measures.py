"""One pass over many texts: the compiled kernel and NumPy find the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import measures, verdicts
from detector.evidence import sentence_logits
from detector.measures import UNIT, measure, measure_details, measure_parts, measure_utf8
from detector.model import load, probability
from detector.ngrams import PIECE
from detector.segmentation import sentences
from tests.cases import cases

MODEL = load()
LIMIT = verdicts.cut(MODEL, MODEL.points["balanced"])
ALL = [row["text"] for name in ("stock", "hard", "plain", "furniture", "inline") for row in cases(name)]
MARKS = [
    "<b>",
    "](x)",
    "http://a.example/b",
    "//",
    " – Next",
    " | A",
    "\u2028",
    "\x85",
    "\x00",
    "\ufeff",
    "١٢",
    "𝔘",
    "ﬃ",
]
TEXTS = st.lists(
    st.one_of(st.sampled_from(ALL), st.sampled_from(MARKS), st.text(max_size=9)), max_size=4
).map("".join)


@pytest.mark.kernel
@given(st.lists(TEXTS, max_size=5))
@settings(max_examples=150, deadline=None)
def test_the_kernel_and_numpy_agree_to_the_bit(texts):
    """Sums, lengths, chrome and words are the same, whatever the text is made of."""
    ours = measures._by_kernel(MODEL, texts, LIMIT)
    plain = measures._by_numpy(MODEL, texts, LIMIT)
    told = [i for i, name in enumerate(measures._FIELDS) if name not in ("peaks", "plain")]
    assert (ours[:, told] == plain[:, told]).all()


@pytest.mark.kernel
def test_the_kernel_and_numpy_agree_on_every_case():
    """The same for all our cases, in 24 languages, at once."""
    ours, plain = measures._by_kernel(MODEL, ALL, None), measures._by_numpy(MODEL, ALL, None)
    assert (ours[:, :2] == plain[:, :2]).all()


@pytest.mark.kernel
@given(st.lists(TEXTS, min_size=1, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_parts_and_details_agree_to_the_bit(texts, data):
    """Sums and lengths of the parts of a text, wherever it is cut, and those of its kinds."""
    cuts = [sorted(data.draw(st.sets(st.integers(1, max(1, len(text))), max_size=4))) for text in texts]
    sums, sizes, first = measure_parts(MODEL, texts, [(0, *own) for own in cuts])
    assert np.stack([sums, sizes], axis=1).tolist() == measures._parts_by_numpy(MODEL, texts, cuts).tolist()
    whole = measure(MODEL, texts)
    assert np.add.reduceat(sums, first[:-1]).tolist() == whole.sums.tolist()
    assert np.add.reduceat(sizes, first[:-1]).tolist() == whole.sizes.tolist()
    details, lengths = measure_details(MODEL, texts)
    plain = measures._details_by_numpy(MODEL, texts)
    assert details.tolist() == plain[:, :-1].tolist() and lengths.tolist() == plain[:, -1].tolist()


@pytest.mark.kernel
@given(TEXTS.filter(lambda text: not any("\ud800" <= c < "\ue000" for c in text)))
@settings(max_examples=150, deadline=None)
def test_utf8_is_measured_as_strings_are(text):
    """Bytes of UTF-8 give what their text gives, at any place of a buffer."""
    data = b"\xff" + text.encode() + b"z"
    for width in (np.int32, np.int64):
        found = measure_utf8(MODEL, memoryview(data), np.array([1, len(data) - 1, len(data)], width), LIMIT)
        whole = measure(MODEL, [text, "z"], LIMIT)
        assert found.sums.tolist() == whole.sums.tolist()
        assert found.sizes.tolist() == whole.sizes.tolist()
        assert (found.words == whole.words).all() and (found.known == whole.known).all()


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82", b"\xf4\x90\x80\x80", b"a\x80", b"\xf0\x80\x80\x80"],
)
def test_what_is_not_utf8_is_told(data):
    """Wrong bytes, long forms, surrogates, cut characters: size -1, and the others are measured."""
    found = measure_utf8(MODEL, memoryview(b"ok" + data), np.array([0, 2, 2 + len(data)], np.int32), LIMIT)
    assert found.sizes[0] > 0 and found.sizes[1] == -1


@pytest.mark.parametrize("size", [510, 511, 512, 513, 1023, 1024])
@pytest.mark.parametrize("end", ["é", "语", "𝔘", "я语"])
def test_utf8_that_ends_with_a_block(size, end):
    """A long text is measured whole, and cut inside its last character it is not UTF-8."""
    data = end.encode()
    text = ("x" * (size - len(data))) + end
    found = measure_utf8(MODEL, memoryview(text.encode()), np.array([0, size, size], np.int64), LIMIT)
    assert found.sizes[0] == measure(MODEL, [text], LIMIT).sizes[0]
    cut = ("x" * (size - 1)).encode() + data[:1]
    found = measure_utf8(MODEL, memoryview(cut), np.array([0, size], np.int64), LIMIT)
    assert found.sizes[0] == -1


def rows(name, language):
    return [row["text"] for row in cases(name) if row["language"] == language]


@pytest.mark.kernel
@pytest.mark.parametrize("glue", [" – ", " | ", " • ", " - ", ". ", "! ", " (", ") ", " ", "。"])
@pytest.mark.parametrize("language", ["en", "th", "zh-Hans", "ar"])
def test_a_peak_bounds_every_sentence(language, glue):
    """A text whose peak is low hides no notice behind its story, whatever the two are joined by."""
    limits = MODEL.points["balanced"]
    least, hidden, found = min(limits.notice, limits.span), 0, 0
    for story in rows("plain", language):
        for notice in rows("stock", language):
            text = f"{(story + ' ') * 4}".rstrip(" .。") + glue + notice
            starts = [start for start, _ in sentences(text)]
            told = (probability(sentence_logits(MODEL, [text], [starts])[0]) >= least).any()
            suspect = verdicts.suspects(MODEL, limits, measure(MODEL, [text], LIMIT))[0]
            found += told
            hidden += told and not suspect
    assert not hidden
    assert found or glue == " "


@pytest.mark.kernel
def test_texts_of_any_length(monkeypatch):
    """A text of more than a piece is measured in pieces, by both, and may hold anything."""
    text = "Terms apply. " * (PIECE // 6)
    found = measure(MODEL, [text, "x"], LIMIT)
    assert found.peaks[0] == measures.UNMEASURED and found.plain[0] == 0
    monkeypatch.setattr(measures, "_kernel", None)
    again = measure(MODEL, [text, "x"], LIMIT)
    assert (found.sums == again.sums).all() and (found.known == again.known).all()


@pytest.mark.kernel
def test_the_kernel_refuses_arrays_that_do_not_fit():
    """Arrays of another length are an error, not a read behind their end."""
    table = np.zeros((1, 7), np.int64)
    symbols, *rest = measures._arguments(MODEL, LIMIT)
    for wrong in ((symbols[:5], *rest), (symbols, rest[0][:7], *rest[1:])):
        with pytest.raises(ValueError, match="do not fit"):
            measures._kernel.measure_texts(["a"], table, *wrong)
    with pytest.raises(ValueError, match="do not fit"):
        measures._kernel.measure_texts(["a", "b"], table, symbols, *rest)
    with pytest.raises(TypeError):
        measures._kernel.measure_texts([1], table, symbols, *rest)
    with pytest.raises(ValueError, match="run out"):
        offsets = np.array([0, 9], np.int32)
        measures._kernel.measure_utf8(b"abc", offsets, 4, table, symbols, *rest)
    places, parts = np.zeros(1, np.int64), np.zeros((2, 2), np.int64)
    for counts in ([2], [-1], []):
        with pytest.raises(ValueError):
            measures._kernel.measure_parts(["a"], places, counts, parts, symbols, *rest)
    with pytest.raises(ValueError, match="do not fit"):
        measures._kernel.measure_details(["a"], 13, np.zeros(14, np.int64), symbols, *rest)


@pytest.mark.kernel
def test_what_is_plain():
    """One paragraph without marks of form is told; a list item, a heading, two lines are not."""
    plain = [
        "It rained.",
        " It rained.\n",
        "“Yes,” she said.",
        "2024 was dry.",
        "(Yes.)",
        "你好。",
        "€5 more",
    ]
    other = [
        "- item",
        "1. one",
        "(2) two",
        "# Head",
        "> quote",
        "a\nb",
        "a\u2028b",
        "",
        "<p>",
        "| a |",
        "**b**",
        "•x",
    ]
    assert measure(MODEL, plain, LIMIT).plain.all()
    assert not measure(MODEL, other, LIMIT).plain.any()


def test_units():
    """The cut is told in whole units, a little low."""
    limits = MODEL.points["balanced"]
    logit = np.log(limits.notice / (1 - limits.notice))
    exact = (logit - MODEL.notice_head.bias) / MODEL.notice_head.scale
    assert exact - 0.2 < LIMIT / UNIT < exact
