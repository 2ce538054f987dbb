"""The five laws of the detector, as properties of any text."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detector
from detector import Detector, Document, evidence, ngrams
from detector.model import load
from detector.segmentation import segment
from tests.cases import cases

JUDGE = Detector(load())
NOTICES = [row["text"] for row in cases("stock")]
STORIES = [row["text"] for row in cases("plain")]
#: Text as pages have it: marks, line ends, many scripts, and what does not belong in text.
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*"\n\r\t #>-*|.:_", "\r\n", "\n\n", "\x0b", "\x85", "\u2028", "\ufeff", "\x00", "\ud800"]
    ),
    st.sampled_from(["##", "###Rates", "| a | b |", "|---|---|", "- item", "> quote", "---", "1. one"]),
    st.sampled_from(["This is not investment advice.", "下雨了。", "ครับ ผม", "مرحبا.", "It rained. "]),
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
#: What may stand between segments besides white space: the marks of the forms.
MARKUP = set("#>-*+–—•◦‣▪●·|:=_~`.()[]xX0123456789")


def between(text, segments):
    edges = [0, *(edge for s in segments for edge in (s.start, s.end)), len(text)]
    return [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


@given(TEXTS, st.sampled_from(["text", "markdown"]))
@settings(max_examples=400, deadline=None)
def test_law_1_segments_are_the_text(text, format):
    """Segments are slices of the text in order, and nothing but markup lies between them."""
    segments = segment(text, format)
    for one in segments:
        assert one.text == text[one.start : one.end] != ""
    places = [edge for one in segments for edge in (one.start, one.end)]
    assert places == sorted(places)
    for gap in between(text, segments):
        assert all(char.isspace() or char in MARKUP for char in gap), repr(gap)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_law_1_stripping_nothing_loses_nothing(text):
    """With nothing to drop, the editorial text is the text."""
    assert detector.strip(text, drop=(), format="text") == text


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_law_1_notices_are_slices_in_order(text):
    """Notices and spans, too, are slices of the text, in order and apart."""
    report = JUDGE.analyze(Document(text, "text"))
    for one in report.notices:
        assert one.text == text[one.start : one.end]
    places = [edge for one in report.notices for edge in (one.start, one.end)]
    assert places == sorted(places)


@given(st.one_of(TEXTS, st.sampled_from(NOTICES + STORIES)))
@settings(max_examples=300, deadline=None)
def test_law_2_the_explanation_is_the_score(text):
    """Bias and the evidence of all characters add up to the logit; words hold all of it."""
    why = JUDGE.explain(text)
    assert why.bias + why.characters.sum() == pytest.approx(why.logit, abs=1e-5)
    assert why.score == JUDGE.score(text)
    assert len(why.characters) == len(text)
    for word in why.words:
        assert word.text == text[word.start : word.end]


@given(st.lists(st.one_of(TEXTS, st.sampled_from(NOTICES)), min_size=1, max_size=20), st.randoms())
@settings(max_examples=100, deadline=None)
def test_law_3_company_does_not_change_a_score(texts, dice):
    """One by one, together and shuffled: the same bits."""
    together = JUDGE.score(texts)
    assert [JUDGE.score(text) for text in texts] == together.tolist()
    order = dice.sample(range(len(texts)), len(texts))
    assert np.array_equal(JUDGE.score([texts[i] for i in order]), together[order])


def test_law_3_chunks_do_not_change_a_score(monkeypatch):
    """However many texts are folded together: the same bits."""
    before = JUDGE.score(NOTICES + STORIES)
    monkeypatch.setattr(ngrams, "CHUNK", 100)
    assert np.array_equal(JUDGE.score(NOTICES + STORIES), before)


def test_law_3_analysis_and_score_agree_to_the_bit():
    """A segment's score is the score of its text, though analysis sums it by sentence."""
    text = "\n\n".join(NOTICES + STORIES) + "\n\n" + "long story. And on. " * 20_000
    segments = JUDGE.analyze(Document(text, "text")).segments
    assert [s.score for s in segments] == JUDGE.score([s.text for s in segments]).tolist()


def test_law_3_another_process_gives_the_same_bits():
    """A fresh process scores alike."""
    code = (
        "import sys, detector; texts = sys.stdin.buffer.read().decode().split('\\0');"
        "print(detector.score(texts).tobytes().hex())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input="\0".join(NOTICES).encode(), capture_output=True, check=True
    )
    assert run.stdout.decode().strip() == JUDGE.score(NOTICES).tobytes().hex()


#: Changes that a page may make to a text without making it another text.
CHANGES = {
    "rewrapped": lambda text: textwrap.fill(text, 60, break_long_words=False),
    "one line": lambda text: " ".join(text.split()),
    "small letters": str.lower,
    "capitals": lambda text: text.replace("ß", "ss").upper(),
    "surrounded": lambda text: f"\n \t{text}\u3000\n",
    "bold": lambda text: f"**{text}**",
    "quoted in Markdown": lambda text: f"> *{text}*",
    "heading": lambda text: f"## {text}",
}


@pytest.mark.parametrize("change", CHANGES)
def test_law_4_layout_does_not_turn_a_verdict(change):
    """Wrapping, case, white space and Markdown leave the verdict as it was."""
    limit = JUDGE.limits.notice
    texts = [text.replace("ß", "ss") for text in NOTICES + STORIES]
    before = JUDGE.score(texts) >= limit
    after = JUDGE.score([CHANGES[change](text) for text in texts]) >= limit
    assert [t for t, a, b in zip(texts, before, after, strict=True) if a != b] == []


@pytest.mark.parametrize("width", range(44, 116, 6))
def test_law_4_a_wrapped_notice_is_found_whole(width):
    """Analysis joins what was wrapped before it judges; a sentence mark shows where the text ends."""
    for notice in (text for text in NOTICES if text[-1] in ".!?。！？"):
        wrapped = textwrap.fill(notice, width, break_long_words=False, break_on_hyphens=False)
        if any(line[-1] in ".!?:。！？" for line in wrapped.splitlines()[:-1]):
            continue  # a line that ends a sentence may be a paragraph
        text = f"{STORIES[0]}\n\n{wrapped}\n\n{STORIES[1]}"
        plain = f"{STORIES[0]}\n\n{' '.join(notice.split())}\n\n{STORIES[1]}"
        assert told(text) == told(plain)


def told(text):
    """All that is called notice, on one line."""
    report = JUDGE.analyze(Document(text, "text"))
    return " ".join(" ".join(notice.text.split()) for notice in report.notices)


@pytest.mark.parametrize("value", [None, b"bytes", 3, ["one", None], [b"bytes"]])
def test_law_5_what_is_no_text_is_an_error_with_a_remedy(value):
    """Anything but text is refused, with what to do."""
    with pytest.raises(detector.InputError, match=r"pass a str|decode it first"):
        detector.score(value)


@pytest.mark.parametrize("text", ["", " ", "\n", ".", "x", "\x00", "\ud800", "\udfff\ud800", "\u202e", "---"])
def test_law_5_hardly_any_text_gets_an_honest_report(text):
    """Next to nothing is no notice, and nothing is no segment; neither is an error in Python."""
    report = detector.analyze(text)
    assert report.notices == ()
    assert report.editorial_text == text
    assert detector.score(text) < JUDGE.limits.notice


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_law_5_scores_are_probabilities(text):
    """Whatever comes in, a probability comes out, and the three labels share it."""
    assert 0 <= detector.score(text) <= 1
    for one in detector.analyze(text, format="text").segments:
        assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_evidence_of_long_text_is_bounded_in_memory():
    """Fifty million characters in one line are scored in pieces."""
    text = "The story goes on and on. " * 2_000_000
    assert 0 <= JUDGE.score(text) < 0.5
    assert evidence.text_logits(JUDGE.model, [text]).shape == (1,)
