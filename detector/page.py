"""Reading a page: from HTML to the text that its reader sees, and to the blocks that it stands in.

One walk over the tree. Hidden are: what is no prose by its nature (scripts, styles, choices of a form),
`hidden`, and `display: none` or `visibility: hidden` in a style attribute. What is only hidden from
screen readers (`aria-hidden`) is read, since it is on the screen; what only style sheets hide is read
too, since they are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import regex

from detector import tags
from detector.document import Form, Place, Segment, many
from detector.errors import DetectorError, InputError
from detector.places import ALONE, DEEP, LINES, Element, Paths, last_line, line
from detector.segmentation import plain_form, segment

try:
    from lxml import etree
except ImportError as error:
    raise DetectorError(
        "Reading HTML needs lxml: run `pip install 'disclaimer-detector[html]'`, "
        "or pass format='text' to take the markup as it stands."
    ) from error

_walk: Any
try:
    from detector import _walk  # type: ignore[attr-defined, no-redef]
except ImportError:  # not compiled: the walk over the tree does the same, slower
    _walk = None

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
#: What a walk does at an element; at all others it goes on.
_ROLES = {
    **dict.fromkeys(BLOCKS, "block"),
    **dict.fromkeys(ALONE, "frame"),
    **dict.fromkeys(_CELLS, "cell"),
    **dict.fromkeys(HIDDEN, "hidden"),
    "br": "break",
}
#: In the order of their numbers in the compiled walk.
_ROLE_NUMBERS = (None, "hidden", "break", "frame", "block", "cell")
_FORM_NUMBERS: tuple[Form | None, ...] = (None, "list_item", "quote", "heading", "table_row")


def _told(tag: str) -> int:
    """What the compiled walk is told of a name: role, form, properties, and a number of its own."""
    number = sorted(BLOCKS).index(tag) if tag in BLOCKS else 0
    bits = _ROLE_NUMBERS.index(_ROLES[tag]) | _FORM_NUMBERS.index(_FORMS.get(tag)) << 3
    bits |= (tag in _PLAIN) << 6 | (tag == "tr") << 7 | (tag in _NO_ROW) << 8 | (tag == "pre") << 9
    return bits | number << 10


_TOLD = {tag: _told(tag) for tag in _ROLES}
_HIDING = regex.compile(r"display\s*+:\s*+none|visibility\s*+:\s*+(?:hidden|collapse)", regex.IGNORECASE)

#: They stand for `<br>` and for the border of two cells while a block is read; no tree holds them.
BREAK, CELL = "\0", "\1"
_UNREADABLE = regex.compile("[\0-\x08\x0e-\x1f\ud800-\udfff]")
_SPACE = regex.compile(r"[ \t\n\f\r]{2,}+|[\t\n\f\r]")
_BREAK_SPACE = regex.compile(f" ?{BREAK} ?")
#: Characters without a picture; a block of them alone holds nothing.
_BLANK = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_END = regex.compile(rb"</[hH][tT][mM][lL]")
_LAST = regex.compile(r"</html\b[^<>]*+>(?:\s++|<!--.*?-->)*+", regex.DOTALL | regex.IGNORECASE)
#: libxml2's numbers of the errors at which it stops: an internal one, and too deep or too large.
_STOPS = (1, 114)
#: A text of the tree as it stands there: of an element, or following it as its tail.
Piece: TypeAlias = tuple[str, Element, bool]
#: The block element that a text stands in, its form, its XPath, the text, and its pieces where known.
Run: TypeAlias = tuple[Element, Form | None, str, str, Sequence[Piece]]
#: Start, end, text and form of a segment, and the XPath and line of its place.
Part: TypeAlias = tuple[int, int, str, Form, str, int]


class Block(NamedTuple):
    """Text that stands together: `start` is its place in the page's text; form and XPath its element's."""

    start: int
    text: str
    form: Form | None
    element: Element
    xpath: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader sees of a page: blocks parted by a blank line, items and rows by a line end."""

    text: str
    segments: tuple[Segment, ...] = field(repr=False)


def read(html: str) -> Page:
    """The visible text of a page and its segments, each with its place.

    Every segment is a slice of the text, in order, with nothing but white space between. Characters
    that HTML cannot hold read as U+FFFD. Raises `InputError` where the parser cannot read it whole.
    """
    root = parse(html)
    if root is not None and last_line(root) >= LINES:
        root = parse(_with_lines(html))
    runs = _runs(root) if _walk is None or root is None else _quick_runs(root)
    pieces: list[str] = []
    parts: list[Part] = []
    done = 0
    for start, text, form, element, xpath, _ in _blocks(runs):
        pieces += ("\n" * (start - done), text)
        done = start + len(text)
        at = line(element)
        if "\n" in text:
            parts += [(*part, xpath, at) for part in _parts(start, text, form)]
        else:
            parts.append((start, done, text, form or plain_form(text, 0, len(text)), xpath, at))
    return Page("".join(pieces), tuple(_segments(parts)))


def _segments(parts: Sequence[Part]) -> list[Segment]:
    if not parts:
        return []
    starts, ends, texts, forms, xpaths, lines = zip(*parts, strict=True)
    places = many(Place, len(parts), xpath=xpaths, line=lines)
    return many(Segment, len(parts), start=starts, end=ends, text=texts, form=forms, place=places)


def parse(html: str) -> Element:
    """The root element of a page, or None where it holds nothing. Deep nesting is made flat."""
    data = _encoded(html)
    at = _ending(data)
    if at >= 0 and not _LAST.fullmatch(data[at:].decode()):
        # libxml2 would lose what stands behind the end; browsers show it.
        html = tags.unended(html)
        data = _encoded(html)
    root, whole = _parsed(data)
    if not whole:
        root, whole = _parsed(_encoded(tags.flattened(html)))
    if not whole:
        raise InputError("This page is too large or too deep to be read whole: cut it, or extract its text.")
    return root


def _ending(data: bytes) -> int:
    """Where a page may end, by the first end tag of its root; -1 where there is none."""
    if _walk is not None:
        at: int = _walk.ending(data)
        return at
    found = _END.search(data)
    return found.start() if found else -1


def _parsed(data: bytes) -> tuple[Element, bool]:
    """The root, and whether the parser came to the end."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, default_doctype=False, collect_ids=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # nothing that could be a root
        root = None
    return root, not any(entry.type in _STOPS for entry in parser.error_log.filter_from_fatals())


def _encoded(html: str) -> bytes:
    """The page as UTF-8, with U+FFFD for each character that a tree cannot hold."""
    try:
        data = html.encode()
    except UnicodeEncodeError:  # lone surrogates
        return readable(html).encode()
    chars = np.frombuffer(data, np.uint8)
    least = chars.min(initial=ord(" ")), (chars - np.uint8(ord("\x0e"))).min(initial=ord(" "))
    controls = least[0] < ord("\t") or least[1] < ord(" ") - ord("\x0e")
    return readable(html).encode() if controls else data


def readable(html: str) -> str:
    """The page, as long as it was, with U+FFFD for each character that a tree cannot hold."""
    return str(_UNREADABLE.sub("\ufffd", html))


def _with_lines(html: str) -> str:
    """The page with its line on each block that stands further down than libxml2 counts."""
    far = ((at, tag) for at, tag in tags.by_line(html) if at >= LINES and tag.name in BLOCKS)
    return tags.numbered(html, far)


def blocks(root: Element) -> Iterator[Block]:
    """The blocks of a parsed page, in order."""
    return map(Block._make, _blocks(_runs(root)))


def _blocks(runs: Iterable[Run]) -> Iterator[tuple[int, str, Form | None, Element, str, Sequence[Piece]]]:
    """The fields of `Block` of each run in which something is seen."""
    done, before = 0, None
    for element, form, xpath, whole, pieces in runs:
        text = _shown(element, whole)
        if not text:
            continue
        if done:  # the gap: a line end within a list or table, else a blank line
            done += 1 if before == form and form in ("list_item", "table_row") else 2
        before = form
        yield done, text, form, element, xpath, pieces
        done += len(text)


def _runs(root: Element) -> Iterator[Run]:
    """The pieces of text that stand together, by one walk over the tree."""
    block: Element = None
    form: Form | None = None
    around: list[tuple[Element, Form | None]] = []
    pieces: list[Piece] = []
    paths = Paths(BLOCKS)
    walk: Any = etree.iterwalk(root, events=("start", "end", "comment", "pi")) if root is not None else ()
    for event, element in walk:
        if event == "start":
            role = _ROLES.get(element.tag)
            if role == "hidden" or _is_hidden(element):
                walk.skip_subtree()
                continue
            if role == "cell" and form == "table_row":
                pieces.append((CELL, element, False))
            elif role == "break" and not _after_break(pieces):
                pieces.append((BREAK, element, False))
            elif role is not None:
                if pieces:
                    yield block, form, paths.of(block), _joined(block, pieces), pieces
                    pieces = []
                if role == "break":
                    pieces.append((BREAK, element, False))
                else:
                    around.append((block, form))
                    block, form = element, _form(element, form)
            text, tail = element.text, False
        else:
            if element is block:
                if pieces:
                    yield block, form, paths.of(block), _joined(block, pieces), pieces
                    pieces = []
                block, form = around.pop()
            text, tail = element.tail, True
        if text and (pieces or not text.isspace()):
            pieces.append((text, element, tail))


def _is_hidden(element: Element) -> bool:
    style = element.get("style")
    return bool(style and _HIDING.search(style)) or element.get("hidden") is not None


def _quick_runs(root: Element) -> Iterable[Run]:
    """The same, without the pieces, by the compiled walk. The tree loses its document type."""
    root.getroottree().docinfo.clear()  # what is written would be of another sort for that of XHTML
    try:
        found = _walk.runs(etree.tostring(root, encoding="utf-8"), _TOLD, _HIDING.search, DEEP)
    except ValueError:  # XML cannot say what stands in this tree
        return _runs(root)
    anchors = sorted({run[2] for run in found})
    elements = _numbered(root, {run[1] for run in found}.union(anchors))
    paths = Paths(BLOCKS)
    starts = {anchor: paths.of(elements[anchor]) for anchor in anchors}
    return [
        (elements[number], _FORM_NUMBERS[form], starts[anchor] + steps, text, ())
        for form, number, anchor, steps, text in found
    ]


def _numbered(root: Element, numbers: set[int]) -> dict[int, Element]:
    """The elements with these numbers, counted among the blocks."""
    asked = bytearray(max(numbers, default=-1) + 1)
    for number in numbers:
        asked[number] = 1
    return dict(zip(sorted(numbers), compress(root.iter(*BLOCKS), asked), strict=True))


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


def _joined(element: Element, pieces: Sequence[Piece]) -> str:
    """The text of some pieces, with white space as a browser shows it."""
    text = "".join([text for text, _, _ in pieces])
    return text if element.tag == "pre" else str(_SPACE.sub(" ", text))


def _shown(element: Element, text: str) -> str:
    """What is seen of the text of a run, with its breaks and cells as characters; empty for nothing."""
    text = text.strip()
    if BREAK in text or "\r" in text:
        is_kept = element.tag == "pre"
        text = text.replace("\r\n", "\n").replace(BREAK, "\n") if is_kept else _BREAK_SPACE.sub("\n", text)
        text = text.strip()
    if CELL in text:
        text = " | ".join(cell.strip() for cell in text.split(CELL) if cell.strip())
    return text if text.strip(_BLANK) else ""


def _parts(start: int, text: str, form: Form | None) -> Iterator[tuple[int, int, str, Form]]:
    """What the lines of a block show: start, end, text and form of its segments, one or several."""
    found = segment(text)
    if not found:
        yield start, start + len(text), text, form or plain_form(text, 0, len(text))
    done = 0
    for i, part in enumerate(found):
        # The marks of a line are text here: nothing but white space stands between segments.
        end = part.end if i + 1 < len(found) else len(text)
        begin = done + len(text[done:end]) - len(text[done:end].lstrip())
        yield start + begin, start + end, text[begin:end], form or part.form
        done = end
