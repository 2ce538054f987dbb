"""What opinions settle, and where spans stand in copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.data.alignment import aligned
from web.data.settlement import Opinion, Settlement, settled


def said(*words):
    """Opinions from "person verdict [role]"."""
    found = []
    for word in words:
        person, verdict, *role = word.split()
        found.append(Opinion(ord(person), role[0] if role else "moderator", verdict))
    return found


@pytest.mark.parametrize(
    ("words", "status", "verdict"),
    [
        ([], "open", None),
        (["a hide"], "settled", "hide"),
        (["a keep"], "settled", "keep"),
        (["a unsure"], "second", None),
        (["a unsure", "a keep"], "settled", "keep"),
        (["a keep", "a unsure"], "second", None),
        (["a unsure", "b hide"], "settled", "hide"),
        (["a unsure", "b unsure"], "lead", None),
        (["a unsure lead"], "lead", None),
        (["a hide", "b keep"], "lead", None),
        (["a hide", "b hide"], "settled", "hide"),
        (["a hide", "b keep", "c hide"], "lead", None),
        (["a hide", "b keep", "c hide lead"], "settled", "hide"),
        (["c hide lead", "a keep"], "settled", "hide"),
        (["c hide lead", "d keep lead"], "settled", "keep"),
        (["a unsure", "b unsure", "c unsure lead"], "lead", None),
    ],
)
def test_rule(words, status, verdict):
    """One clear answer settles; doubt asks a second person, dissent a lead, whose word goes first."""
    assert settled(said(*words)) == Settlement(status, verdict)


def test_base_is_kept_where_nobody_spoke():
    """Without opinions a family is as it was."""
    assert settled([], "quiet") == Settlement("quiet")


def test_last_clear_answer_mends():
    """Kinds and span are those of the last clear answer."""
    first = Opinion(1, "moderator", "hide", ("terms",), (0, 4))
    second = Opinion(2, "moderator", "hide", ("privacy",), None)
    assert settled([first, second]) == Settlement("settled", "hide", ("privacy",), None)


opinions = st.lists(
    st.builds(
        Opinion,
        st.integers(1, 4),
        st.sampled_from(["moderator", "lead"]),
        st.sampled_from(["hide", "keep", "unsure"]),
    ),
    max_size=8,
)


@given(opinions, st.integers(1, 4), st.sampled_from(["hide", "keep"]))
def test_lead_always_ends_it(given_before, person, verdict):
    """After a lead's clear answer a family is settled with it, whatever was said before."""
    found = settled([*given_before, Opinion(person, "lead", verdict)])
    assert (found.status, found.verdict) == ("settled", verdict)


@given(opinions)
def test_verdict_and_status_agree(given_before):
    """There is a verdict exactly where it is settled."""
    found = settled(given_before)
    assert (found.verdict is not None) == (found.status == "settled")


TEXT = "The ferry sails at noon. This is not advice. Bring a coat."
SPAN = (25, 44)


@pytest.mark.parametrize(
    ("copy", "found"),
    [
        (TEXT, "This is not advice."),
        ("Today: " + TEXT, "This is not advice."),
        (TEXT.replace("not advice", "not\n  advice"), "This is not\n  advice."),
        (TEXT.replace("advice", "ad\nvice"), "This is not ad\nvice."),
        (TEXT.upper(), "THIS IS NOT ADVICE."),
        (TEXT.replace("noon", "12:30").replace("advice", "Advice"), "This is not Advice."),
        ("Something else.", None),
    ],
)
def test_span_is_found_in_copies(copy, found):
    """A span is found by its words, by what can be seen, or by counting words; else it is not."""
    place = aligned(TEXT, SPAN, copy)
    assert (None if place is None else copy[slice(*place)]) == found


@given(st.text(), st.text(), st.data())
def test_span_lies_in_the_copy(text, copy, data):
    """Whatever the texts, a place is within the copy."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    place = aligned(text, (start, end), copy)
    assert place is None or 0 <= place[0] <= place[1] <= len(copy)
