"""What a reader sees as one piece is one segment, at its exact place."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import segmentation
from detector.segmentation import segment, sentences


def shown(text, format="text"):
    return [(s.form, s.text) for s in segment(text, format)]


@pytest.mark.parametrize(
    ("text", "form", "content"),
    [
        ("# Rates rise", "heading", "Rates rise"),
        ("###Rates rise", "heading", "Rates rise"),
        ("## Rates rise ##", "heading", "Rates rise"),
        ("- one egg", "list_item", "one egg"),
        ("* one egg", "list_item", "one egg"),
        ("• one egg", "list_item", "one egg"),
        ("3. Beat the egg", "list_item", "Beat the egg"),
        ("(3) Beat the egg", "list_item", "Beat the egg"),
        ("- [ ] buy eggs", "list_item", "buy eggs"),
        ("> He said so.", "quote", "He said so."),
        ("> > He said so.", "quote", "He said so."),
        ("| price | 3 |", "table_row", "price | 3"),
        ("A short line", "line", "A short line"),
        ("A short sentence.", "paragraph", "A short sentence."),
        ("#tag #other", "line", "#tag #other"),
        ("1984 was a year", "line", "1984 was a year"),
        ("-5 degrees at night.", "paragraph", "-5 degrees at night."),
    ],
)
def test_form_is_told_from_the_marks_and_the_marks_are_left_out(text, form, content):
    """Each mark stands for its form and is no part of the segment."""
    assert shown(text) == [(form, content)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_every_line_end_that_python_knows_parts_lines(end):
    """Windows and Unicode line ends count like a newline."""
    assert [s.text for s in segment(f"First line.{end}Second line.{end}{end}Third.")] == [
        "First line.",
        "Second line.",
        "Third.",
    ]


def test_an_article_with_a_paragraph_a_line_is_not_joined():
    """Line-separated articles keep their paragraphs, however long the lines."""
    lines = ["The harbour reopened on Monday after nine days. " * n for n in (1, 4, 2, 7, 1, 3)]
    assert len(segment("\n".join(lines))) == 6


@pytest.mark.parametrize("width", [50, 60, 72, 80, 100])
def test_wrapped_paragraphs_are_joined(width):
    """A paragraph wrapped at any usual width is one segment again."""
    paragraph = (
        "The council voted on Tuesday to keep the old swimming pool open for another winter, after "
        "residents collected four thousand signatures and offered to run the till themselves."
    )
    wrapped = textwrap.fill(paragraph, width)
    text = f"{wrapped}\n\n{wrapped}"
    assert [" ".join(s.text.split()) for s in segment(text)] == [paragraph, paragraph]


def test_lead_in_above_a_wrapped_block_stays_apart():
    """A short line above wrapped text is a segment of its own."""
    body = textwrap.fill("the figures come from the port authority and were rounded by us. " * 5, 70)
    assert [s.text for s in segment(f"Method:\n{body}")] == ["Method:", body]


def test_verse_and_lists_of_headlines_are_not_joined():
    """Short lines, and lines that each begin with a capital, stay lines."""
    assert len(segment("Roses are red\nviolets are blue\nsugar is sweet")) == 3
    headlines = "Port strike enters its third week, says union\nMinister calls for talks on Monday at noon"
    assert len(segment(headlines)) == 2


def test_table_with_and_without_outer_bars():
    """Rows are segments; the rule below the head is none."""
    assert shown("a | b\n--|--\nc | d") == [("table_row", "a | b"), ("table_row", "c | d")]
    assert shown("| a | b |\n|---|---|\n| c | d |") == [("table_row", "a | b"), ("table_row", "c | d")]


def test_collapsed_table_is_one_row():
    """A table that a site ran together into one line is one segment."""
    assert [s.form for s in segment("| a | b | |---|---| | c | d |")] == ["table_row"]


def test_underlined_heading_is_markdown_only():
    """A line over a rule is a heading in Markdown, and a line in plain text."""
    assert shown("Title\n=====", "markdown") == [("heading", "Title")]
    assert shown("Title\n=====", "text") == [("line", "Title")]


def test_list_item_takes_its_indented_continuation():
    """An item that wraps onto an indented line stays one item."""
    assert shown("- one egg\n  from the farm\n- milk") == [
        ("list_item", "one egg\n  from the farm"),
        ("list_item", "milk"),
    ]


@pytest.mark.parametrize(
    ("opens", "closes"),
    [("{% blockquote The terms %}", "{% endblockquote %}"), ("<blockquote>", "</blockquote>")],
)
def test_what_stands_between_quotation_tags_is_quoted(opens, closes):
    """List items too; what follows is not."""
    text = f"It says:\n\n{opens}\nYou agree.\n\n1. To all.\n{closes}\n\nWe do not."
    assert [form for form, _ in shown(text)] == ["paragraph", "line", "quote", "quote", "line", "paragraph"]


@pytest.mark.parametrize("text", ["", " ", "\n" * 50, "---\n***\n___", "\u3000\u2028"])
def test_nothing_to_read_gives_no_segment(text):
    """White space and rules hold no text."""
    assert segment(text) == ()


def test_ten_million_empty_lines_and_a_paragraph_of_a_hundred_million_are_bearable():
    """Memory and time stay linear: these finish, and cut right."""
    assert segment("\n" * 10_000_000 + "end") == segment("\n" * 10_000_000 + "end")
    (one,) = segment("word " * 20_000_000)
    assert (one.start, one.end) == (0, 99_999_999)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It rained. We left.", ["It rained.", "We left."]),
        ("Dr. Holm left. He was late.", ["Dr. Holm left.", "He was late."]),
        ("It cost 3.50 euros. Cheap!", ["It cost 3.50 euros.", "Cheap!"]),
        ("“Stop!” she said. They did.", ["“Stop!” she said.", "They did."]),
        ("Am 5. Mai kam er. Es war kalt.", ["Am 5. Mai kam er.", "Es war kalt."]),
        ("Il pleut… Partons !", ["Il pleut…", "Partons !"]),
        ("下雨了。我们走吧！好。", ["下雨了。", "我们走吧！", "好。"]),
        ("他说：“走吧。”我们走了。", ["他说：“走吧。”", "我们走了。"]),
        ("यह एक वाक्य है। यह दूसरा है।", ["यह एक वाक्य है।", "यह दूसरा है।"]),
        ("ฝนตกหนักมากในคืนที่ผ่านมา น้ำท่วมถนนหลายสายในเมือง", ["ฝนตกหนักมากในคืนที่ผ่านมา", "น้ำท่วมถนนหลายสายในเมือง"]),
        ("Call us (Prices may change.) or write.", ["Call us", "(Prices may change.)", "or write."]),
        ("Photo by Ann Lee © Ann Lee 2020", ["Photo by Ann Lee", "© Ann Lee 2020"]),
        (
            "Tickets from 20 euros, at the door - Errors excepted",
            ["Tickets from 20 euros, at the door", "- Errors excepted"],
        ),
        ("Rome - Milan", ["Rome - Milan"]),
        ("one line", ["one line"]),
        ("", []),
    ],
)
def test_sentences(text, parts):
    """Sentences end where readers of the script see an end."""
    assert [text[a:b] for a, b in sentences(text)] == parts


def test_sentences_of_hostile_text_are_linear():
    """Marks without end do not make the patterns run away."""
    for mark in (".", "。", '."', ". ", "!) ", " ", " -", "a - ", "a ©", "(A ", " (Aaaaaa"):
        sentences(mark * 300_000)


@given(st.text(st.sampled_from("ab 1.-—#>|*=_`\n\t\u00a0\u3000\u2028é語"), max_size=12))
def test_one_line_is_the_same_without_the_scan(text):
    """The shortcut for a paragraph without marks gives what the scan over lines gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation, "_is_one_line", lambda _: False)
        scanned = segment(text)
    assert segment(text) == scanned
