"""Reading a page: from HTML to the text that its reader sees, and to the blocks that it stands in.

One walk over the tree. Hidden are: what is no prose by its nature (scripts, styles, choices of a form),
`hidden`, and `display: none` or `visibility: hidden` in a style attribute. What is only hidden from
screen readers (`aria-hidden`) is read, since it is on the screen; what only style sheets hide is read
too, since they are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import regex

from detector import tags
from detector.document import Form, Place, Segment
from detector.errors import DetectorError, InputError
from detector.segmentation import plain_form, segment

try:
    from lxml import etree
except ImportError as error:
    raise DetectorError(
        "Reading HTML needs lxml: run `pip install 'disclaimer-detector[html]'`, "
        "or pass format='text' to take the markup as it stands."
    ) from error

Element: TypeAlias = Any  # lxml has no types

#: Elements whose text no reader sees, or only beside the prose: readings of characters, fallbacks. What
#: else the parser leaves in the head, where a page opens no body, is read.
HIDDEN = frozenset(
    "title script style template noscript select datalist textarea svg iframe object video audio canvas "
    "rp rt annotation".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CELLS = frozenset(("td", "th"))
#: Elements that part what stands in them from what stands around.
BLOCKS = (
    HEADINGS
    | _CELLS
    | frozenset(
        "html head body main article section aside header footer nav address div p pre blockquote center hr "
        "ul ol menu dir li dl dt dd figure figcaption table caption thead tbody tfoot tr form fieldset "
        "legend details summary dialog button hgroup search".split()
    )
)
_FORMS: dict[str, Form] = {"li": "list_item", "blockquote": "quote", **dict.fromkeys(HEADINGS, "heading")}
#: Blocks that only part text: in an item, heading or quotation they are of its form.
_PLAIN = frozenset(("p", "div"))
#: A row of a table of data holds none of these.
_NO_ROW = (BLOCKS - _CELLS - {"tr"}) | {"br"}
#: A page has one of each.
_ALONE = frozenset(("html", "head", "body"))
#: Most elements of pages: their names are good in an XPath.
_USUAL = (BLOCKS - _ALONE) | frozenset(
    "a b br em font i iframe img input label link meta noscript option path script small span strong "
    "style".split()
)
_HIDING = regex.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)", regex.IGNORECASE)

#: They stand for `<br>` and for the border of two cells while a block is read; no tree holds them.
BREAK, CELL = "\0", "\1"
_CONTROLS = bytes([*range(9), *range(14, 32)])
_UNREADABLE = regex.compile("[\0-\x08\x0e-\x1f\ud800-\udfff]")
_SPACE = regex.compile(r"[ \t\n\f\r]{2,}+|[\t\n\f\r]")
_BREAK_SPACE = regex.compile(f" ?{BREAK} ?")
#: Characters without a picture; a block of them alone holds nothing.
_BLANK = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_END = regex.compile(r"</[hH][tT][mM][lL]\b[^>]*+>")
_AFTER = regex.compile(r"(?:\s++|<!--.*?-->)*+", regex.DOTALL)
#: Elements deeper than this get a short XPath: one by steps would be as long as they are deep.
_DEEP = 100
#: libxml2's numbers of the errors at which it stops: an internal one, and too deep or too large.
_STOPS = (1, 114)
#: libxml2 counts lines up to this.
_LINES = 65_535

#: A text of the tree as it stands there: of an element, or following it as its tail.
Piece: TypeAlias = tuple[str, Element, bool]


class Block(NamedTuple):
    """Text that stands together: `start` is its place in the page's text."""

    start: int
    text: str
    element: Element
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader sees of a page: blocks parted by a blank line, items and rows by a line end."""

    text: str
    segments: tuple[Segment, ...] = field(repr=False)


class _Around(NamedTuple):
    """A block element that the walk is in, its form, and where it stands: how deep, or else its XPath."""

    element: Element
    form: Form | None
    depth: int
    xpath: str = ""


class _Run(NamedTuple):
    """Pieces that stand together, and the block element that they stand in."""

    element: Element
    form: Form | None
    xpath: str
    pieces: list[Piece]


def read(html: str) -> Page:
    """The visible text of a page and its segments, each with its place.

    Every segment is a slice of the text, in order, with nothing but white space between. Characters
    that HTML cannot hold read as U+FFFD. Raises `InputError` where the parser cannot read it whole.
    """
    root = parse(html if html.count("\n") < _LINES else _with_lines(html))
    segments: list[Segment] = []
    texts = []
    for gap, run, block in _blocks(root):
        texts += [gap, block.text]
        segments += _segments(block, run.form, Place(run.xpath, _line(run.element)))
    return Page("".join(texts), tuple(segments))


def blocks(root: Element) -> list[Block]:
    """The blocks of a parsed page."""
    return [block for _, _, block in _blocks(root)]


def parse(html: str) -> Element:
    """The root element of a page, or None where it holds nothing. Deep nesting is made flat."""
    end = _END.search(html)
    if end and not _AFTER.fullmatch(html, end.end()):
        # libxml2 would lose what stands behind the end; browsers show it.
        html = tags.blanked(html, lambda tag: tag.ends and tag.name == "html")
    root, whole = _parsed(html)
    if not whole:
        root, whole = _parsed(tags.flattened(html))
    if not whole:
        raise InputError("This page is too large or too deep to be read whole: cut it, or extract its text.")
    return root


def _parsed(html: str) -> tuple[Element, bool]:
    """The root, and whether the parser came to the end."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, default_doctype=False, collect_ids=False
    )
    try:
        root = etree.fromstring(_encoded(html), parser)
    except etree.XMLSyntaxError:  # nothing that could be a root
        root = None
    return root, not any(entry.type in _STOPS for entry in parser.error_log.filter_from_fatals())


def _encoded(html: str) -> bytes:
    """The page as UTF-8, with U+FFFD for each character that a tree cannot hold."""
    try:
        data = html.encode()
        if len(data.translate(None, _CONTROLS)) == len(data):
            return data
    except UnicodeEncodeError:  # lone surrogates
        pass
    return readable(html).encode()


def readable(html: str) -> str:
    """The page, as long as it was, with U+FFFD for each character that a tree cannot hold."""
    return str(_UNREADABLE.sub("\ufffd", html))


def _with_lines(html: str) -> str:
    """The page with its line on each block that stands further down than libxml2 counts."""
    blocks = ((line, tag) for line, tag in tags.by_line(html) if line >= _LINES and tag.name in BLOCKS)
    return tags.numbered(html, blocks)


def _line(element: Element) -> int:
    line: int = element.sourceline or 1
    number = tags.number(element) if line >= _LINES else None
    return line if number is None else number


def _blocks(root: Element) -> Iterator[tuple[str, _Run, Block]]:
    """Each block, with the gap before it and the run that it was made from."""
    done, before = 0, None
    for run in _runs(root):
        text = _collapsed(run)
        if not text:
            continue
        close = before == run.form and before in ("list_item", "table_row")
        gap = "" if not done else "\n" if close else "\n\n"
        done, before = done + len(gap) + len(text), run.form
        yield gap, run, Block(done - len(text), text, run.element, run.pieces)


def _runs(root: Element) -> Iterator[_Run]:
    """The pieces of text that stand together, by one walk over the tree."""
    steps: list[str] = []
    names: list[dict[str, int]] = [{}]  # how many of each name stood before, for each open element
    ordinals: dict[str, Iterator[tuple[int, Element]]] = {}
    around = [_Around(None, None, 0)]
    pieces: list[Piece] = []
    walk: Any = etree.iterwalk(root, events=("start", "end", "comment", "pi")) if root is not None else ()
    for event, element in walk:
        if event == "start":
            tag = element.tag
            names[-1][tag] = number = names[-1].get(tag, 0) + 1
            steps.append(f"{tag}[{number}]" if tag in _USUAL else _step(element, names[-1]))
            names.append({})
            if tag in HIDDEN or _is_hidden(element):
                walk.skip_subtree()
                continue
            text, tail = element.text, False
            if tag in _CELLS and around[-1].form == "table_row":
                pieces.append((CELL, element, False))
            elif tag in BLOCKS or (tag == "br" and _after_break(pieces)):
                if pieces:
                    yield _run(around[-1], steps, pieces)
                    pieces = []
                if tag != "br":
                    deep = _ordinal(element, ordinals) if len(steps) > _DEEP else ""
                    around.append(_Around(element, _form(element, around[-1].form), len(steps), deep))
            if tag == "br":
                pieces.append((BREAK, element, False))
        else:
            if around[-1].element is element:
                if pieces:
                    yield _run(around[-1], steps, pieces)
                    pieces = []
                around.pop()
            if event == "end":
                steps.pop()
                names.pop()
            text, tail = element.tail, True
        if text and (pieces or not text.isspace()):
            pieces.append((text, element, tail))


def _run(around: _Around, steps: list[str], pieces: list[Piece]) -> _Run:
    xpath = around.xpath or "/" + "/".join(steps[: around.depth])
    return _Run(around.element, around.form, xpath, pieces)


def _step(element: Element, names: dict[str, int]) -> str:
    """The step of an XPath to an element, given how many of each name stand before, it included."""
    tag: str = element.tag
    number = names[tag]
    if tag in _ALONE and number == 1 and next(element.itersiblings(tag), None) is None:
        return tag
    return f"{tag}[{number}]" if tag.isalnum() and tag.isascii() else f"*[{sum(names.values())}]"


def _ordinal(element: Element, ordinals: dict[str, Iterator[tuple[int, Element]]]) -> str:
    """The XPath of an element by its number among all of its name; asked for in their order."""
    tag = element.tag
    if tag not in ordinals:
        ordinals[tag] = enumerate(element.getroottree().iter(tag), 1)
    number = next(number for number, other in ordinals[tag] if other is element)
    return f"(//{tag})[{number}]"


def _is_hidden(element: Element) -> bool:
    style = element.get("style")
    return (style is not None and bool(_HIDING.search(style))) or element.get("hidden") is not None


def _form(element: Element, around: Form | None) -> Form | None:
    tag = element.tag
    if around == "quote" or (tag in _PLAIN and around != "table_row"):
        return around
    if tag == "tr" and not any(inner.tag in _NO_ROW for inner in element.iter()):
        return "table_row"
    return _FORMS.get(tag)


def _after_break(pieces: list[Piece]) -> bool:
    """Whether nothing but white space follows the last `<br>`."""
    for text, _, _ in reversed(pieces):
        if not text.isspace():
            return text == BREAK
    return False


def _collapsed(run: _Run) -> str:
    """The text of a run with white space as a browser shows it; empty where nothing is seen."""
    text = "".join([text for text, _, _ in run.pieces])
    if run.element.tag == "pre":
        text = text.replace("\r\n", "\n").replace(BREAK, "\n")
    else:
        text = _SPACE.sub(" ", text)
        if BREAK in text:
            text = _BREAK_SPACE.sub("\n", text)
        if CELL in text:
            text = " | ".join(cell.strip() for cell in text.split(CELL) if cell.strip())
    text = text.strip()
    return text if text.strip(_BLANK) else ""


def _segments(block: Block, form: Form | None, place: Place) -> Iterator[Segment]:
    """The segments of a block: one, or where it has several lines what those show."""
    start, text = block.start, block.text
    parts = segment(text) if "\n" in text else ()
    if not parts:
        shown = form or plain_form(text, 0, len(text))
        yield Segment(start, start + len(text), text, shown, place=place)
    done = 0
    for i, part in enumerate(parts):
        # The marks of a line are text here: nothing but white space stands between segments.
        end = part.end if i + 1 < len(parts) else len(text)
        begin = done + len(text[done:end]) - len(text[done:end].lstrip())
        yield Segment(start + begin, start + end, text[begin:end], form or part.form, place=place)
        done = end
