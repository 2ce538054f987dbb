"""Strange text on a page."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from web import showing

ODD = "\x00\x1b\u202e\u2066\ud800\ufeff\U000e0041"
TEXT = st.text(st.characters() | st.sampled_from(ODD + "<>&\"'"))


@given(TEXT, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["a", "b"]))))
def test_nothing_is_lost_or_let_through(text, marks):
    """Whatever is marked, the text is all there, once and escaped, and each odd character is labelled."""
    out = str(showing.shown(text, marks))
    bare = re.sub(r'<span class="odd" title="U\+(\w+) [^"]*">[^<]*</span>', lambda m: chr(int(m[1], 16)), out)
    bare = re.sub(r'<mark class="[ab ]+">|</mark>', "", bare)
    assert "<" not in bare
    assert html.unescape(bare.replace("&amp;", "&amp;amp;").replace("&amp;amp;", "&amp;")) == text
    assert not set(out) & set(ODD)


@given(TEXT)
def test_plain_values_hold_no_odd_character(text):
    """A text in an attribute or a title has one harmless sign for each odd one, and can be sent as UTF-8."""
    out = showing.plain(text)
    assert len(out) == len(text)
    assert not set(out) & set(ODD)
    out.encode()


def test_writing_keeps_its_joiners():
    """Joiners and direction marks that Persian and Hebrew need are not taken for tricks."""
    assert showing.shown("می\u200cخواهم\u200f") == "می\u200cخواهم\u200f"


def test_marks_may_overlap():
    """Where marks overlap, the text has both classes, and stands there once."""
    out = showing.shown("abcd", [(0, 3, "x"), (1, 4, "y")])
    assert out == '<mark class="x">a</mark><mark class="x y">bc</mark><mark class="y">d</mark>'


@given(st.text())
def test_tokens_cover_all_but_white_space(text):
    """A part of a wording can begin and end at every word: tokens are in order and leave out white space."""
    found = list(showing.tokens(text))
    assert "".join(text[start:end] for start, end in found) == re.sub(r"\s", "", text)


def test_tokens_of_chinese_are_signs():
    """In scripts without spaces each sign is a token, so that a part can be exact."""
    assert len(list(showing.tokens("投资有风险"))) == 5


def test_shortened_is_one_line():
    """A text in a list is one line and tells by an ellipsis that it goes on."""
    assert showing.shortened("one\n two   three", 7) == "one two…"
    assert showing.shortened("one\n two", 7) == "one two"
