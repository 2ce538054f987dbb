"""What is kept and what is dropped, to the character."""

import json

import pytest

from detector.document import Place, Report, ScoredSegment, Segment, Span, many


def report(text, *parts, legal_page=False, drop=("notice", "chrome")):
    """A report on `text`; each part is (piece of the text, label, pieces that are spans)."""
    segments, done = [], 0
    for piece, label, *inner in parts:
        start = text.index(piece, done)
        done = start + len(piece)
        spans = tuple(
            Span(start + piece.index(s), start + piece.index(s) + len(s), s, 0.99, ("terms",)) for s in inner
        )
        kinds = ("terms",) if label == "notice" else ()
        segments.append(
            ScoredSegment(start, done, piece, "paragraph", label, 0.5, {label: 1.0}, kinds, spans)
        )
    return Report(text, tuple(segments), legal_page, "test", drop)


@pytest.mark.parametrize(
    ("text", "parts", "left"),
    [
        ("A\n\nN\n\nB\n", [("A", "editorial"), ("N", "notice"), ("B", "editorial")], "A\n\nB\n"),
        ("N\n\nA", [("N", "notice"), ("A", "editorial")], "A"),
        ("A\r\nN", [("A", "editorial"), ("N", "notice")], "A"),
        ("A\n## N ##\nB", [("A", "editorial"), ("N", "notice"), ("B", "editorial")], "A\nB"),
        ("# A\n- N\n- B", [("A", "editorial"), ("N", "chrome"), ("B", "editorial")], "# A\n- B"),
        ("| A |\n|---|\n| N |\n", [("A", "editorial"), ("N", "notice")], "| A |\n"),
        ("N", [("N", "notice")], ""),
        ("", [], ""),
    ],
)
def test_whole_segments_leave_with_their_line_and_the_gap_before(text, parts, left):
    """What stays is as it was."""
    assert report(text, *parts).editorial_text == left


@pytest.mark.parametrize(
    ("text", "span", "left"),
    [
        ("It rained. No advice.", "No advice.", "It rained."),
        ("No advice. It rained.", "No advice.", "It rained."),
        ("It rained. No advice. We left.", "No advice.", "It rained. We left."),
        ("下雨了。不构成建议。我们走了。", "不构成建议。", "下雨了。我们走了。"),
    ],
)
def test_spans_leave_no_doubled_space(text, span, left):
    """A sentence taken out of a paragraph leaves the paragraph clean."""
    assert report(text, (text, "editorial", span)).editorial_text == left


def test_notices_are_segments_and_spans_in_order():
    """Chrome is dropped, but is no notice."""
    text = "A. S. N C"
    given = report(text, ("A. S.", "editorial", "S."), ("N", "notice"), ("C", "chrome"))
    assert [n.text for n in given.notices] == ["S.", "N"]
    assert [n.text for n in given.dropped] == ["S.", "N", "C"]


def test_only_what_is_to_be_dropped_is_dropped():
    """`drop` names the labels."""
    text = "A. S.\nN\nC"
    parts = [("A. S.", "editorial", "S."), ("N", "notice"), ("C", "chrome")]
    assert report(text, *parts, drop=("chrome",)).editorial_text == "A. S.\nN"
    assert report(text, *parts, drop=("notice",)).editorial_text == "A.\nC"


def test_a_legal_page_is_not_emptied():
    """Its notices are told, and none is dropped."""
    given = report("N\nM", ("N", "notice"), ("M", "notice"), legal_page=True)
    assert given.editorial_text == "N\nM"
    assert len(given.notices) == 2
    assert given.dropped == ()


def test_the_dictionary_is_json_and_says_its_version():
    """All of the report survives JSON."""
    given = report("A. S.\nN", ("A. S.", "editorial", "S."), ("N", "notice"))
    data = json.loads(json.dumps(given.to_dict()))
    assert data["version"] == 1
    assert [s["label"] for s in data["segments"]] == ["editorial", "notice"]
    assert data["segments"][0]["spans"][0]["text"] == "S."
    assert [n["start"] for n in data["notices"]] == [3, 6]
    assert data["editorial_text"] == "A."


def test_many_are_what_the_constructor_makes():
    """Values of columns are equal, and as frozen; a column that is missing is an error."""
    places = [Place("/p[1]", 1), None]
    columns = {
        "start": [0, 3],
        "end": [1, 5],
        "text": ["a", "bc"],
        "form": ["line", "quote"],
        "place": places,
    }
    made = many(Segment, 2, **columns)
    assert made == [Segment(0, 1, "a", "line", place=places[0]), Segment(3, 5, "bc", "quote")]
    assert len({*made, Segment(3, 5, "bc", "quote")}) == 2
    with pytest.raises(AttributeError):
        made[0].start = 1
    del columns["place"]
    with pytest.raises(KeyError, match="place"):
        many(Segment, 2, **columns)
