"""A page is read as its reader sees it, and every segment stands where the page has it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import detector
from detector import page

PIECES = st.sampled_from(
    [
        *"<p> </p> <div> </div> <ul> <li> </li> </ul> <table> <tr> <td> </td> </table> <br> <b> </b>".split(),
        *"<h2> </h2> <blockquote> </blockquote> <pre> </pre> <script> </script> <!-- --> < >".split(),
        *"& &nbsp; &lt; &#0; &#x1F600; </html>".split(),
        *[
            "<p hidden>",
            '<div style="display:none">',
            "<a href='x>y'>",
            '<p class="',
            "<textarea>",
            "</body>",
            "<body>",
        ],
        *[
            "It rained. ",
            "We left.",
            "- item",
            "***",
            " | ",
            "\n",
            "\xa0",
            "\u200b",
            "\x00",
            "\ud800",
            "下雨了。",
            "\u2028",
        ],
    ]
)
PAGES = st.lists(PIECES, max_size=40).map("".join)


DEEP = [
    f"<{tag}>in\n" * depth + "<p>end" + f"</{name}>out" * depth + "<p>after"
    for tag, name in (("div", "div"), ("b", "b"), ("ul><li", "ul"), ("table><tr><td", "table"))
    for depth in (30, 99, 100, 101, 150)
]


def shown(html):
    return page.read(html).text


def forms(html):
    return [(s.form, s.text) for s in page.read(html).segments]


@given(PAGES)
@settings(max_examples=400, deadline=None)
def test_law_1_segments_are_the_visible_text(html):
    """Segments are slices of the extracted text in order, and only white space lies between."""
    read = page.read(html)
    done = 0
    for one in read.segments:
        assert one.text == read.text[one.start : one.end] == one.text.strip() != ""
        assert read.text[done : one.start].strip() == ""
        done = one.end
    assert read.text[done:] == ""


SOUP = st.lists(
    st.one_of(
        st.integers(100, 999).map("w{}w".format),
        st.sampled_from(
            "p div ul li table tr td b a h2 html head body meta base main section button".split()
        ).flatmap(lambda name: st.sampled_from([f"<{name}>", f"</{name}>"])),
    ),
    max_size=15,
)


@given(SOUP)
@settings(max_examples=400, deadline=None)
def test_broken_markup_loses_no_text(soup):
    """Whatever is unclosed, misplaced or left out, every word is read, in order."""
    words = [part for part in soup if part[0] == "w"]
    assert "".join(shown("".join(soup)).replace("|", "").split()) == "".join(words)


@given(PAGES)
@example("<body><p>One</p></body><body><p>Two")
@settings(max_examples=200, deadline=None)
def test_every_segment_has_the_element_that_holds_it(html):
    """The XPath names one element, on that line, and the text stands in it."""
    root = page.parse(html)
    for one in page.read(html).segments:
        (element,) = root.xpath(one.place.xpath)
        assert one.place.line == element.sourceline
        inside = "".join("".join(element.itertext()).split())
        assert all(part in inside for part in one.text.replace(" | ", " ").split())


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>It <b>rai</b>ned\n\t on  us.</p>", "It rained on us."),
        ("<p>a&nbsp;b &amp; &lt;c&gt; &#8364;</p>", "a\xa0b & <c> €"),
        ("<p>&nbsp; One &nbsp;</p>", "One"),
        ("<div>One<p>Two</p>Three <i>four</i></div>", "One\n\nTwo\n\nThree four"),
        ("<p>One<div>Two</div>", "One\n\nTwo"),
        ("<p>One<br>two<br/> three</p>", "One\ntwo\nthree"),
        ("<p>One<br> <br>Two<br><br><br>Three</p>", "One\n\nTwo\n\nThree"),
        ("<ul><li>One<li>Two</ul><p>Three", "One\nTwo\n\nThree"),
        ("<table><tr><th>a<th><th>c<tr><td>1<td>2<td>3</table>", "a | c\n1 | 2 | 3"),
        ("<table><tr><td><p>One</p><p>Two</p></td><td>Three</td></tr></table>", "One\n\nTwo\n\nThree"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<p>One<!-- no --> two<!-- --></p>", "One two"),
        ("<button>One</button><button>Two</button>", "One\n\nTwo"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字", "漢字"),
        ("<p>\u200b</p><p>x\u200by</p>", "x\u200by"),
        ("no tags at all", "no tags at all"),
        ("<meta charset=utf-8><title>T</title><main><p>One</main><footer>Two</footer>", "One\n\nTwo"),
        ("<html><body><p>One</p></body></html><p>Two</p></HTML ><!-- x --><p>Three", "One\n\nTwo\n\nThree"),
        ("", ""),
        ("<!-- only -->", ""),
        ("<html><body><script>x</script></body></html>", ""),
    ],
)
def test_text_is_what_a_browser_shows(html, text):
    """Inline elements join, blocks part, white space collapses, entities are characters."""
    assert shown(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>not</script>",
        "<style>not</style>",
        "<template><p>not</p></template>",
        "<noscript>not</noscript>",
        "<svg><text>not</text></svg>",
        "<select><option>not</option></select>",
        "<textarea>not</textarea>",
        "<input value=not>",
        "<p hidden>not</p>",
        "<p style='color:red; DISPLAY : none'>not <b>at all</b></p>",
        "<i style='visibility:hidden'>not</i>",
        "<!-- not -->",
        "<iframe>not</iframe>",
    ],
)
def test_what_no_reader_sees_is_not_read(hidden):
    """What stands behind it is."""
    assert shown(f"<head><title>not</title></head><p>Seen {hidden} and seen</p>").replace(
        "\n", " "
    ).split() == [*("Seen", "and", "seen")]


def test_what_only_screen_readers_skip_is_read():
    """`aria-hidden` hides nothing from the eye, and navigation and footers hold notices."""
    html = "<nav>One</nav><p aria-hidden=true>Two</p><footer>Three</footer><aside>Four</aside>"
    assert shown(html) == "One\n\nTwo\n\nThree\n\nFour"


@pytest.mark.parametrize(
    ("html", "form", "text"),
    [
        ("<h3>Rates rise</h3>", "heading", "Rates rise"),
        ("<ul><li><p>one egg</p></ul>", "list_item", "one egg"),
        ("<blockquote><p>He said so.</p></blockquote>", "quote", "He said so."),
        ("<blockquote><ul><li>So</ul></blockquote>", "quote", "So"),
        ("<table><tr><td>price<td>3</table>", "table_row", "price | 3"),
        ("<p>A short line</p>", "line", "A short line"),
        ("<p>A short sentence.</p>", "paragraph", "A short sentence."),
        ("<p># no heading</p>", "line", "# no heading"),
        ("<p>***</p>", "line", "***"),
        ("<td>loose cell</td>", "line", "loose cell"),
    ],
)
def test_form_is_that_of_the_element(html, form, text):
    """Elements say the form; marks in the text are text."""
    assert forms(html) == [(form, text)]


def test_a_table_that_lays_out_a_page_has_no_rows():
    """Where a cell holds blocks, each block stands for itself, and so do the other cells."""
    html = "<table><tr><td><p>One</p><td>Two<tr><td>Three<br>four<td>Five</table>"
    assert forms(html) == [("line", text) for text in ("One", "Two", "Three", "four", "Five")]


def test_lines_of_a_paragraph_are_cut_as_in_plain_text():
    """Each line of `<br>` lines is a segment, wrapped lines are one, and no mark is lost."""
    assert forms("<p>Roses are red<br>- violets<br>***<br>Sugar is sweet.</p>") == [
        ("line", "Roses are red"),
        ("list_item", "- violets"),
        ("paragraph", "***\nSugar is sweet."),
    ]


def test_place_counts_elements_that_are_hidden_too():
    """The XPath is of the page, not of what is visible of it."""
    html = "<div hidden><p>no</p></div>\n<p>One</p>\n<noscript><p>no</p></noscript><div>\n<p>Two</p></div>"
    one, two = page.read(html).segments
    assert (one.place.xpath, one.place.line) == ("/html/body/p[1]", 2)
    assert (two.place.xpath, two.place.line) == ("/html/body/div[2]/p[1]", 4)


@pytest.mark.parametrize(
    ("html", "xpath"),
    [
        ("<div><x:y><p>One", "/html/body/div[1]/*[1]/p[1]"),
        ("<i></i><b></b><my-card><p>One", "/html/body/*[3]/p[1]"),
        ("<p>no</p>" * 2 + "<ul><li>no<li><div><p>One", "/html/body/ul[1]/li[2]/div[1]/p[1]"),
        ("<p hidden>no<p>no" + "<div>" * 200 + "<p>One", "(//p)[3]"),
    ],
)
def test_xpath_is_by_steps_unless_it_would_be_long(html, xpath):
    """Odd names are counted among all; deep elements are counted in the page."""
    last = page.read(html).segments[-1]
    (element,) = page.parse(html).xpath(xpath)
    assert (last.place.xpath, last.text, element.text) == (xpath, "One", "One")


@pytest.mark.parametrize("html", DEEP)
def test_places_of_deep_blocks_are_found_in_any_order(html):
    """Text behind an inner block belongs to the outer one, which began before."""
    root = page.parse(html)
    for one in page.read(html).segments:
        (element,) = root.xpath(one.place.xpath)
        assert "".join(one.text.split()) in "".join("".join(element.itertext()).split())


@pytest.mark.kernel
@given(st.one_of(PAGES, SOUP.map("".join), st.sampled_from(DEEP)))
@example("<p>a\fb\v&#11;&#x1c;&#1;c\ufffd")
@example("<p a\"b=c x<y='\"<>&' =z hidden>a<b&c>d<x:y ='1'>e<p/ style='DISPLAY&#58;none'>f<p style>g")
@example(
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>T</title></head><body><p>a<br/>b"
)
@example("<p>a<![CDATA[ <p> ]]>b<!-- <p> --><?x <p>?>c<script>'<p>]]>'</script><xmp><p></xmp>")
@example("<i></i><b><p>one</p></b><b><i><p>two<p>three</b><body><p>four")
@settings(max_examples=600, deadline=None)
def test_the_compiled_walk_reads_the_same(html):
    """It finds the same runs in what lxml writes as the walk over the tree, with the same places."""
    compiled, page._walk = page._walk, None
    try:
        plain = page.read(html)
    finally:
        page._walk = compiled
    assert compiled is not None
    assert page.read(html) == plain


@pytest.mark.kernel
@pytest.mark.parametrize(
    "xml",
    [
        b"<",
        b"<p",
        b"<p>",
        b"</p>",
        b"<p></p></p>",
        b"<p a></p>",
        b'<p a="></p>',
        b"<p>&x;</p>",
        b"<p>&#x110000;</p>",
        b"<!--",
        b"<?",
        b"<![CDATA[",
        b"text",
        b"<p/>text",
        b"<>",
        b"<p>\xff</p>",
        b"<script>",
        b"<p>&amp</p>",
    ],
)
def test_the_compiled_walk_refuses_what_it_does_not_know(xml):
    """What lxml would not write is an error, never a crash."""
    with pytest.raises(ValueError):
        page._walk.runs(xml, page._TOLD, page._HIDING.search, 100)


def test_lines_are_counted_beyond_what_the_parser_counts():
    """libxml2 stops counting at 65,535 lines; we do not."""
    (one,) = page.read("\n" * 70_000 + "<p\n class=x>One</p>").segments
    assert one.place.line == 70_001


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "font"])
def test_deep_nesting_loses_no_text(tag):
    """Ten thousand levels are read to the end, which the parser alone would not."""
    name = tag.split("><")[0]
    html = f"<{tag}>in\n" * 10_000 + f"</{name}>" * 10_000 + "<p>after</p>"
    read = page.read(html)
    assert read.text.split().count("in") == 10_000
    assert read.segments[-1].text == "after"


@pytest.mark.parametrize(
    "html",
    [
        "<a b='" * 50_000,
        "<" * 200_000,
        "<!--" * 50_000,
        "<p>" + "<b> </b><br>" * 30_000,
        "<title>" * 50_000,
        "</span>" * 100_000,
        "<table>" * 5_000,
        "<div>" * 10 + "</i>" * 100_000,
    ],
)
def test_hostile_markup_is_read_in_linear_time(html):
    """No pattern or walk runs away; quadratic time would take minutes here."""
    page.read(html + "<p>end")
    detector.strip_html(html + "</title>--><p>end</p><p>This is not investment advice.</p>")


def test_control_characters_become_one_that_can_be_seen():
    """NUL, escapes and lone surrogates read as U+FFFD, as in a browser."""
    assert shown("<p>a\x00b\x1bc\ud800d</p>") == "a\ufffdb\ufffdc\ufffdd"


def test_doctype_and_entities_of_a_page_are_not_followed(tmp_path):
    """No file is opened, nothing grows."""
    secret = tmp_path / "secret"
    secret.write_text("hush")
    html = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "zzz">]><p>&x;&y;</p>'
    assert "hush" not in shown(html) and "zzz" not in shown(html).replace("]>", "")


def test_a_missing_lxml_names_the_extra(monkeypatch):
    """Reading HTML without lxml says what to install."""
    import importlib
    import sys

    monkeypatch.delitem(sys.modules, "detector.page")
    monkeypatch.delattr(detector, "page")
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(detector.DetectorError, match=r"disclaimer-detector\[html\]"):
        importlib.import_module("detector.page")


def test_analysis_of_a_page_is_of_its_text():
    """HTML is seen by how it begins; offsets are of the extracted text; places survive in the report."""
    html = "<!DOCTYPE html>\n<p>It rained all night.</p>\n<p>This is not investment advice.</p>"
    report = detector.analyze(html)
    assert report.text == "It rained all night.\n\nThis is not investment advice."
    (notice,) = report.notices
    assert notice.place == detector.Place("/html/body/p[2]", 3)
    assert report.to_dict()["segments"][1]["place"] == {"xpath": "/html/body/p[2]", "line": 3}
    assert "place" not in detector.analyze("It rained.").to_dict()["segments"][0]
    assert detector.strip(html) == "It rained all night."
    assert detector.analyze(detector.Document("<p>One<p>Two", "html")).text == "One\n\nTwo"
