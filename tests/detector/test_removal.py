"""What leaves a page leaves it exactly, and all else stays to the character."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import detector
from detector import page, removal
from detector.document import Report, ScoredSegment, Span
from tests.cases import cases

NOTICES = [row["text"] for row in cases("stock")]
STORIES = [row["text"] for row in cases("plain")]
NOTICE = "This is not investment advice."
STORY = "It rained all night."


def report(html, drop, spans=()):
    """A report by hand: segments whose text is in `drop` are notices, and so are the spans."""
    read = page.read(html)
    scored = []
    for s in read.segments:
        inside = [
            Span(s.start + at, s.start + at + len(t), t, 0.9, ("terms",))
            for t in spans
            if (at := s.text.find(t)) >= 0
        ]
        label = "notice" if s.text in drop else "editorial"
        kinds = ("terms", "risk") if label == "notice" else ()
        scored.append(
            ScoredSegment(
                s.start, s.end, s.text, s.form, label, 0.5, {label: 1.0}, kinds, tuple(inside), place=s.place
            )
        )
    return Report(read.text, tuple(scored), False, "test")


def stripped(html, *drop, spans=()):
    return removal.stripped(html, report(html, drop, spans))


def marked(html, *drop, spans=()):
    return removal.marked(html, report(html, drop, spans))


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>A</p>\n<p class='x'>N</p>\n<p>B</p>", "<p>A</p>\n\n<p>B</p>"),
        ("<P>A<P>N<P>B", "<P>A<P>B"),
        ("<ul><li>A<li><a href=#>N</a><li>B</ul>", "<ul><li>A<li>B</ul>"),
        ("<ul><li>N</li></ul><p>A", "<p>A"),
        ("<div id=x><div><p>N</p></div></div><p>A", "<p>A"),
        ("<div><p>N</p><p>A</p></div>", "<div><p>A</p></div>"),
        ("<div><p>N</p><img src=x></div><p>A", "<div><img src=x></div><p>A"),
        ("<p><img src=x>N</p><p>A", "<p><img src=x></p><p>A"),
        ("<div><p>N</p><div id=ad></div></div><p>A", "<div><div id=ad></div></div><p>A"),
        ("<p>N<div>A</div></p>", "<div>A</div></p>"),
        ("<form><p>N</p><input></form><p>A", "<form><input></form><p>A"),
        ("<p>N<script>x</script></p><p>A", "<p><script>x</script></p><p>A"),
        ("<div>A<p>N</p>B</div>", "<div>AB</div>"),
        ("<div>N<p>A</p>B</div>", "<div><p>A</p>B</div>"),
        ("<table><tr><td>A<td>a<tr><td>N<td>n</table>", "<table><tr><td>A<td>a</table>"),
        ("<p>A<br>N<br>B</p>", "<p>A<br>B</p>"),
        ("<p>N<br>A</p>", "<p>A</p>"),
        ("<p>A<br><br>N</p>", "<p>A<br></p>"),
        ("<p>A</p><p>N<!-- c --></p>", "<p>A</p>"),
        ("<p>A &amp; &eacute;</p >\r\n<p\n>&#78;</p\n>\r\n", "<p>A &amp; &eacute;</p >\r\n\r\n"),
        ("<p>A<p><b><i>N</i></b> ", "<p>A"),
        ("<p data-x='</p>'>N</p><p title=\"<p>\">A", '<p title="<p>">A'),
        ("<script>'<p>N</p>'</script><p>N</p><p>A", "<script>'<p>N</p>'</script><p>A"),
        ("<p>A\x00\ud800</p><p>N</p>", "<p>A\x00\ud800</p>"),
        ("<p>N</p>", ""),
    ],
)
def test_elements_of_what_is_dropped_leave_the_source(html, left):
    """What held only that leaves too; images, forms and scripts stay, and all else is as it was."""
    assert stripped(html, "N", "N | n") == left


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>It rained. No advice. We left.</p>", "<p>It rained. We left.</p>"),
        ("<p>It rained. No&nbsp;advice.</p>", "<p>It rained. </p>"),
        ("<p>It rained. <b>No</b> <a href=x>advice</a>. We left.</p>", "<p>It rained. We left.</p>"),
        ("<p>It <b>rained. No</b> advice. We left.</p>", "<p>It <b>rained. </b>We left.</p>"),
        (
            "<p>It rained.<!-- --> No<!-- --> advice.<!-- --> We left.</p>",
            "<p>It rained.<!-- --> <!-- --><!-- --> We left.</p>",
        ),
        (
            "<p>&Eacute;t&eacute; &gt; 1. No advice. &Ccedil;a va.</p>",
            "<p>&Eacute;t&eacute; &gt; 1. &Ccedil;a va.</p>",
        ),
        ("<p>It rained. <img src=x>No advice.</p>", "<p>It rained. <img src=x></p>"),
        ("<p>It rained. No\r\nadvice. We left.</p>", "<p>It rained. We left.</p>"),
        ("<table><tr><td>It rained.<td>No advice.</table>", "<table><tr><td>It rained.<td></table>"),
    ],
)
def test_a_sentence_is_cut_out_of_its_paragraph(html, left):
    """With the markup that held only it, and without a doubled blank."""
    assert stripped(html, spans=("No advice.", "No\xa0advice.")) == left


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>A</p><p>N</p>", '<p>A</p><aside class="notice" data-kinds="terms risk"><p>N</p></aside>'),
        ("<p>A<p>N</p><p>B", '<p>A<p class="notice" data-kinds="terms risk">N</p><p>B'),
        ("<ul><li>A<li>N</ul>", '<ul><li>A<li class="notice" data-kinds="terms risk">N</ul>'),
        (
            "<ul><li class='x y'>N</ul>",
            "<ul><li data-kinds=\"terms risk\" class='notice x y'>N</ul>",
        ),
        ("<ul><li class=x>N</ul>", '<ul><li data-kinds="terms risk" class="notice x">N</ul>'),
        (
            "<div>A<p>B</p>N</div>",
            '<div>A<p>B</p><span class="notice" data-kinds="terms risk">N</span></div>',
        ),
        ("<p>A<br>N</p>", '<p>A<br><span class="notice" data-kinds="terms risk">N</span></p>'),
        (
            "<p>Rain. No <a href=x>advice</a>. Sun.</p>",
            '<p>Rain. <span class="notice" data-kinds="terms">No <a href=x>advice</a>.</span> Sun.</p>',
        ),
        (
            "<p><b>Rain. No</b> advice.</p>",
            '<p><b>Rain. <span class="notice" data-kinds="terms">No</span></b> '
            '<span class="notice" data-kinds="terms">advice.</span></p>',
        ),
    ],
)
def test_marks_stand_where_they_may(html, left):
    """An aside around a paragraph, else a class on the element, else spans that cross no markup."""
    assert marked(html, "N", spans=("No advice.",)) == left


def test_marks_escape_what_a_model_file_names():
    """Kinds come from a file, and cannot break out of the attribute."""
    found = report("<p>A</p><p>N</p>", ["N"])
    evil = replace(found, segments=(found.segments[0], replace(found.segments[1], kinds=('"><script>',))))
    assert 'data-kinds="&quot;&gt;&lt;script&gt;"' in removal.marked("<p>A</p><p>N</p>", evil)


INLINE = st.sampled_from(
    ["{}", "<b>{}</b>", "<a href='x>y'><i>{}</i></a>", "{}<!-- <p> -->", "<span\n>{}</span\n>"]
)
HOLDERS = st.sampled_from(
    ["<p>{}</p>", "<P CLASS=x>{}", "<h2>{}</h2>", "<ul><li>{}<li>{}</ul>", "<div>{}</div>"]
)
AROUND = st.sampled_from(
    ["{}", '<div class="a">{}</div>', "<dl>\n<dd>{}</dd></dl>\n", "<blockquote>{}</blockquote>"]
)


@st.composite
def pages(draw):
    """A page with its texts, each in an element of its own, and those of them that are notices."""
    texts, parts = [], []
    for _ in range(draw(st.integers(1, 8))):
        holder = draw(HOLDERS)
        inside = []
        for _ in range(holder.count("{}")):
            texts.append(f"Text &amp; number {len(texts)} é.")
            inside.append(draw(INLINE).format(texts[-1]))
        parts.append(draw(AROUND).format(holder.format(*inside)))
    dropped = [text.replace("&amp;", "&") for text in texts if draw(st.booleans())]
    head = draw(st.sampled_from(["", "<!DOCTYPE html><html><head><title>T</title></head><body>\n"]))
    return head + draw(st.sampled_from(["", "\n"])).join(parts), dropped


def remove(element):
    """Take an element out of its tree, and what held only it; what follows it stays."""
    while element.tag != "body":
        parent, tail, before = element.getparent(), element.tail or "", element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
        parent.remove(element)
        if len(parent) or (parent.text or "").strip():
            break
        element = parent


def shape(root):
    """A tree as text, white space aside."""
    text = "" if root is None else etree.tostring(root.getroottree(), method="html", encoding="unicode")
    return "".join(text.split()).replace("<html><body></body></html>", "")


@given(pages())
@settings(max_examples=300, deadline=None)
def test_removing_is_exact(drawn):
    """The page that is left parses to the tree without those elements."""
    html, dropped = drawn
    found = report(html, dropped)
    tree = page.parse(html)
    for element in [tree.xpath(n.place.xpath)[0] for n in found.notices]:
        remove(element)
    left = removal.stripped(html, found)
    assert shape(page.parse(left)) == shape(tree)
    assert page.read(left).text.split() == found.editorial_text.split()


@given(pages())
@settings(max_examples=150, deadline=None)
def test_what_is_left_is_of_the_source(drawn):
    """Removing only cuts: what is left is the page's own characters in order; marks only add."""
    html, dropped = drawn
    found = report(html, dropped)
    source = iter(html)
    assert all(char in source for char in removal.stripped(html, found))
    if not dropped:
        assert removal.stripped(html, found) == removal.marked(html, found) == html
    result = iter(removal.marked(html, found))
    assert all(char in result for char in html)


@given(st.lists(st.sampled_from(NOTICES), min_size=1, max_size=3), st.data())
@settings(max_examples=40, deadline=None)
def test_a_stripped_page_has_none_of_its_notices(notices, data):
    """Real notices among real stories: after stripping, a new report tells none of them."""
    texts = data.draw(st.permutations([*notices, *STORIES[:6]]))
    html = "<!DOCTYPE html><body>" + "\n".join(f"<p>{t.replace('&', '&amp;')}</p>" for t in texts)
    told = {n.text for n in detector.analyze(html).notices}
    left = detector.analyze(detector.strip_html(html))
    assert told.isdisjoint(n.text for n in left.notices)


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{STORY}<b><p>{NOTICE}</b><p>{STORY}",
        f"<p>{STORY}<p>{NOTICE}</p>{STORY}",
        f"<div><p>{STORY}<span><p>{NOTICE}</div></span></p></b>{STORY}",
        f"<table><p>{NOTICE}</p><tr><td>{STORY}</table>",
        f"<a><a><p>{NOTICE}<a><p>{STORY}</a>",
        f"<p>{STORY}</p></body></html><p>{NOTICE}</p><body><p>{STORY}",
        f"{STORY}<p>{STORY}</p><!-- -->{NOTICE}",
        f"<b>{STORY}<br><br>{NOTICE}",
        f"<p data-tag-number=7>{STORY}</p><p data-tag-number=checked>{NOTICE}</p><p>{STORY}",
        f"<plaintext><p>{STORY}</p>\n\n{NOTICE}",
        "<div>" * 3000 + f"{STORY}<p>{NOTICE}</p>",
    ],
)
def test_broken_pages_lose_the_notice_and_nothing_else(html):
    """Where the source cannot be edited, the tree is written out; marks likewise."""
    text = detector.strip(html, format="html")
    left = detector.strip_html(html)
    assert NOTICE not in left
    assert page.read(left).text.split() == text.split()
    try:
        with_marks = detector.strip_html(html, mark=True)
    except detector.InputError as error:
        assert "too broken for marks" in str(error)
    else:
        assert page.read(with_marks).text.split() == page.read(html).text.split()
        assert 'class="notice"' in with_marks


@pytest.mark.parametrize("char", ["\f", "\v", "&#11;", "&#x1c;", "&#1;", "\uffff", "&#xfffe;"])
def test_characters_that_no_tree_takes_are_no_obstacle(char):
    """A parser lets through what lxml does not write; the notice beside it goes all the same."""
    left = stripped(f"<p>{STORY}{char} <b>{NOTICE}</b>{char} {STORY}<p>{char}{NOTICE}", spans=(NOTICE,))
    assert NOTICE not in left and left.count(STORY) == 2


def test_a_legal_page_is_returned_whole(samples):
    """Byte for byte, marks or not."""
    html = "<!doctype html>" + "".join(
        f"<p>{line}</p>" for line in samples["terms-en.txt"].splitlines() if line
    )
    assert detector.analyze(html).legal_page
    assert detector.strip_html(html) == detector.strip_html(html, mark=True) == html


def test_only_what_is_to_be_dropped_is_dropped():
    """`drop` is as for `strip`, and checked."""
    html = f"<p>{STORY}</p><p>{NOTICE}</p>"
    assert detector.strip_html(html, drop=("chrome",)) == html
    with pytest.raises(detector.InputError, match="notice, chrome"):
        detector.strip_html(html, drop=("story",))


def test_the_sample_page(samples):
    """The notices leave the sample; scripts, images and the quoted notice stay, the frame too."""
    html = samples["page-en.html"]
    left = detector.strip_html(html)
    assert "We use cookies" not in left and "affiliate links" not in left and "&copy;" not in left
    assert "Nothing in this" not in left and "The company carries" in left
    for kept in ("for guidance only", "<script", "ledger.svg", "Accept all", "&pound;18,400", "</footer>"):
        assert left.count(kept) == html.count(kept)
    assert page.read(left).text.split() == detector.strip(html).split()
