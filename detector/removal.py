"""Taking notices out of a page, or marking them in it, with all else as it was.

The source is edited, not the tree: tag numbers (see `tags`) say where the elements stand. Each result
is parsed again and must be the tree that was meant. Where it is not, since the markup is too broken,
the tree itself is written out.
"""

from __future__ import annotations

import html as entities
import re
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from operator import attrgetter, itemgetter
from typing import TypeAlias

import regex
from lxml import etree

from detector import page, tags
from detector.document import Report, ScoredSegment, Span
from detector.errors import InputError
from detector.page import BREAK, CELL, Block
from detector.places import Element
from detector.tags import NUMBER, Tag

#: A piece of a block, by its number, and the characters of it that are meant; a place in a piece; a range.
Cover: TypeAlias = tuple[int, int, int]
Spot: TypeAlias = tuple[int, int]
Range: TypeAlias = tuple[int, int]

#: What is never taken out because the text around it goes.
_KEPT = frozenset(
    "img picture svg video audio canvas iframe object embed map math form input select textarea "
    "script style link meta template noscript".split()
)
#: What stays where all of it goes: a page needs them, and a row its cells.
_FRAME = frozenset(("html", "body", "td", "th"))
#: Where an `<aside>` may stand, and around what.
_FLOW = frozenset(
    "body div article section main header footer nav aside blockquote td th li dd figure form details".split()
)
_WRAPPED = frozenset("p div blockquote pre section footer header address h1 h2 h3 h4 h5 h6".split())

#: The number of a mark while a page is checked, and then its name.
CHECKED = "checked"
_start = attrgetter("start")

_SEEN = re.compile(r"\S")  # of `re`, whose white space is that of `str.isspace`
_UNIT = regex.compile(r"&(?:[#\w]++;?+)?+|\r\n?+")
_PLAIN = regex.compile(r"[^&\r]++")
_WHITE = re.compile(rb"\s+")
_BORDER = re.compile(rb"(?<=>) <| <(?=/(?:p|li|d[td]|t[dhr])>)")
#: What a parser puts into a tree and lxml does not, each with what stands for it.
_WRITABLE = {code: " " if chr(code).isspace() else "\ufffd" for code in {*range(32)} - {*b"\t\n\r"}} | {
    0xFFFE: "\ufffd",
    0xFFFF: "\ufffd",
}
_ATTRIBUTE = regex.compile(
    r"""(?P<name>[^\s=>"'/]++)(?:\s*+=\s*+(?P<value>"[^"]*+"|'[^']*+'|[^\s>"']++))?+"""
)


@dataclass(frozen=True, slots=True)
class _Part:
    """What is dropped of a block: the notice or chrome, and the pieces that hold it."""

    of: ScoredSegment | Span
    block: Block
    covers: list[Cover]

    @property
    def label(self) -> str:
        return "notice" if isinstance(self.of, Span) else self.of.label

    @property
    def whole(self) -> bool:
        return len(self.of.text) == len(self.block.text)


@dataclass(frozen=True, slots=True)
class _Source:
    """A page beside its tree: `clean` has the characters of the source, as a tree can hold them."""

    clean: str
    tags: list[Tag]
    partners: list[int]
    root: Element
    blocks: list[Block]


class _LostError(Exception):
    """The source does not show where something of the tree stands."""


def stripped(html: str, report: Report) -> str:
    """The page without what its report drops."""
    if not report.dropped:
        return html
    source = _opened(html)
    try:
        parts = _parts(source.blocks, report)
        plan = _plan(source, parts)
        result = _cut(html, _ranges(source, plan))
        _carry_out(plan)
        etree.strip_attributes(source.root, NUMBER)
        if _same(source.root, page.parse(result)):
            return result
    except _LostError:
        pass
    source = _opened(html, numbers=False)
    _carry_out(_plan(source, _parts(source.blocks, report)))
    return _written(source.root)


def marked(html: str, report: Report) -> str:
    """The page with what its report drops marked as such. Raises `InputError` for hopeless markup."""
    if not report.dropped:
        return html
    # An aside does not end every element that a paragraph ends: then a class stands on the paragraph.
    for text, asides in ((html, True), (html, False), (_written(page.parse(html)), False)):
        source = _opened(text)
        try:
            parts = _parts(source.blocks, report)
            result, check = (_with(text, _marks(source, parts, asides, checked)) for checked in (False, True))
        except _LostError:
            continue
        if _same(_unmarked(page.parse(check)), page.parse(text)):
            return result
    raise InputError("The markup of this page is too broken for marks: strip it without them.")


def _opened(html: str, numbers: bool = True) -> _Source:
    clean = page.readable(html)
    found = list(tags.scan(clean)) if numbers else []
    root = page.parse(tags.numbered(clean, enumerate(found)))
    return _Source(clean, found, tags.partners(found), root, list(page.blocks(root)))


def _written(root: Element) -> str:
    return str(etree.tostring(root.getroottree(), method="html", encoding="unicode"))


def _same(one: Element, other: Element) -> bool:
    """Whether two trees are equal but for white space that no reader sees: its amount, and at borders."""
    return _shown(one) == _shown(other)


def _shown(root: Element) -> bytes:
    if root is None:
        return b"<html><body></body></html>"
    return _BORDER.sub(b"<", _WHITE.sub(b" ", etree.tostring(root.getroottree(), method="html")))


# From the report to the tree


def _parts(blocks: Sequence[Block], report: Report) -> list[_Part]:
    """What is dropped, block by block."""
    starts = [block.start for block in blocks]
    inside: dict[int, list[ScoredSegment | Span]] = {}
    for part in report.dropped:
        inside.setdefault(max(0, bisect_right(starts, part.start) - 1), []).append(part)
    return [found for number, parts in inside.items() for found in _covered(blocks[number], parts)]


def _covered(block: Block, parts: Sequence[ScoredSegment | Span]) -> Iterator[_Part]:
    """Which pieces hold the parts of a block: visible characters of both follow each other alike."""
    if any(block.text[part.start - block.start : part.end - block.start] != part.text for part in parts):
        raise _LostError  # the numbers have changed what the parser makes of this page
    numbers = list(_numbers(block, parts))
    places = _places(block, {n for first, last in numbers for n in (first - 1, first, last, last + 1)})
    for part, (first, last) in zip(parts, numbers, strict=True):
        if last < first:
            continue  # only the border of two cells
        start, end = part.start - block.start, part.end - block.start
        lined = block.text[end : end + 1] in ("", "\n")
        # A line goes with the line end before it, the first one with that after it.
        if lined and block.text[start - 1 : start] == "\n":
            begin = _after(places[first - 1])
        else:
            begin = places[first] if first else places[-1]
        until = places[last + 1] if lined and not first else _after(places[last])
        yield _Part(part, block, _between(block, begin, _over_space(block, begin, until)))


def _numbers(block: Block, parts: Sequence[ScoredSegment | Span]) -> Iterator[Range]:
    """Of each part the numbers of its first and its last visible character among the block's."""
    raw = "".join(text for text, _, _ in block.pieces).split(CELL)
    cells = [count for count in map(_visible, raw) if count]
    bars = [n + count for n, count in enumerate(accumulate(cells[:-1]))]  # between cells, not in the tree
    seen = done = 0
    for part in parts:
        start = seen + _visible(block.text[done : part.start - block.start])
        seen, done = start + _visible(part.text), part.end - block.start
        yield start - bisect_left(bars, start), seen - bisect_left(bars, seen) - 1


def _visible(text: str) -> int:
    return len("".join(text.replace(BREAK, "").split()))


def _places(block: Block, wanted: Iterable[int]) -> dict[int, Spot]:
    """The piece, and the place in it, of the visible characters with these numbers.

    -1 is the beginning of the block, and the number after the last its end.
    """
    seen = (
        (number, match.start())
        for number, (text, _, _) in enumerate(block.pieces)
        if text not in (BREAK, CELL)
        for match in _SEEN.finditer(text)
    )
    found, done = {-1: (0, 0)}, 0
    for n in sorted(set(wanted) - {-1}):
        end = len(block.pieces) - 1, len(block.pieces[-1][0])
        found[n] = next(islice(seen, n - done, None), end)
        done = n + 1
    return found


def _after(place: Spot) -> Spot:
    return place[0], place[1] + 1


def _over_space(block: Block, begin: Spot, until: Spot) -> Spot:
    """The end, after the white space there, where white space stands before the beginning too."""
    text, at = block.pieces[until[0]][0], until[1]
    number, before = begin
    if not before and number:
        number, before = number - 1, len(block.pieces[number - 1][0])
    if block.pieces[number][0][before - 1 : before].isspace():
        at = len(text) - len(text[at:].lstrip())
    return until[0], at


def _between(block: Block, begin: Spot, until: Spot) -> list[Cover]:
    covers = []
    for number in range(begin[0], until[0] + 1):
        start = begin[1] if number == begin[0] else 0
        end = until[1] if number == until[0] else len(block.pieces[number][0])
        if start < end:
            covers.append((number, start, end))
    return covers


# From the tree to what is done to it


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is taken out: whole elements, and of other texts the ranges."""

    elements: list[Element]
    texts: dict[tuple[Element, bool], list[Range]]


def _plan(source: _Source, parts: Sequence[_Part]) -> _Plan:
    """What goes with the parts: elements of which nothing visible is left, and else the text alone."""
    gone = _gone(source, parts)
    elements = {
        element: None
        for element in gone
        if element.tag not in _FRAME and not _goes(element.getparent(), gone)
    }
    texts: dict[tuple[Element, bool], list[Range]] = {}
    for part in parts:
        for number, start, end in part.covers:
            text, element, tail = part.block.pieces[number]
            holder = element.getparent() if tail or text == BREAK else element
            if text == CELL or _goes(holder, gone):
                continue
            if text == BREAK:
                elements[element] = None
            else:
                texts.setdefault((element, tail), []).append((start, end))
    return _Plan(list(elements), texts)


def _goes(element: Element, gone: set[Element]) -> bool:
    """Whether an element is taken out, or one around it is."""
    while element in gone and element.tag in _FRAME:
        element = element.getparent()
    return element in gone


def _gone(source: _Source, parts: Sequence[_Part]) -> set[Element]:
    """The elements that lose text and have nothing left that a reader could miss.

    An element above the paragraph goes only if it held nothing else at all.
    """
    alive: set[Element] = set()
    lost: set[Element] = set()
    above: set[Element] = set()
    for element in _remaining(source.blocks, parts):
        _climb(element, alive)
    for element in source.root.iter(*_KEPT):
        _climb(element, alive)
    for part in parts:
        _climb(part.block.element.getparent(), above)
        for number, _, _ in part.covers:
            text, element, tail = part.block.pieces[number]
            if text != CELL:
                _climb(element.getparent() if tail or text == BREAK else element, lost)
    for element in lost & above:
        if any(isinstance(child.tag, str) and child not in lost for child in element):
            _climb(element, alive)
    return lost - alive


def _remaining(blocks: Sequence[Block], parts: Sequence[_Part]) -> Iterator[Element]:
    """The elements that directly hold visible text which stays."""
    covers: dict[tuple[int, int], list[Range]] = {}
    for part in parts:
        for number, start, end in part.covers:
            covers.setdefault((part.block.start, number), []).append((start, end))
    for block in blocks:
        for number, (text, element, tail) in enumerate(block.pieces):
            if text in (BREAK, CELL):
                continue
            if _visible(_cut(text, covers.get((block.start, number), ()))):
                yield element.getparent() if tail else element


def _cut(text: str, ranges: Iterable[Range]) -> str:
    """A text without some ranges, which are in order."""
    kept, done = [], 0
    for start, end in ranges:
        kept.append(text[done:start])
        done = end
    return "".join(kept) + text[done:]


def _climb(element: Element, into: set[Element]) -> None:
    """Add an element and all around it."""
    while element is not None and element not in into:
        into.add(element)
        element = element.getparent()


def _carry_out(plan: _Plan) -> None:
    """Do to the tree what the plan says."""
    for (element, tail), ranges in plan.texts.items():
        if tail:
            element.tail = _cut(element.tail, ranges).translate(_WRITABLE)
        else:
            element.text = _cut(element.text, ranges).translate(_WRITABLE)
    for element in plan.elements:
        around, before = element.getparent(), element.getprevious()
        if before is not None:
            before.tail = ((before.tail or "") + (element.tail or "")).translate(_WRITABLE)
        else:
            around.text = ((around.text or "") + (element.tail or "")).translate(_WRITABLE)
        around.remove(element)


# From the tree to the source


def _ranges(source: _Source, plan: _Plan) -> list[Range]:
    """Where in the source that stands which goes."""
    found = [_extent(source, element) for element in plan.elements]
    for (element, tail), ranges in plan.texts.items():
        found += _text_ranges(source, element, tail, ranges)
    return sorted(found)


def _number(source: _Source, element: Element) -> int:
    """The number of an element's start tag; `_LostError` where the parser has made the element up."""
    number = tags.number(element)
    if number is None or number >= len(source.tags):
        raise _LostError
    return number


def _extent(source: _Source, element: Element) -> Range:
    """An element with its tags."""
    number = _number(source, element)
    tag, partner = source.tags[number], source.partners[number]
    if tag.name in tags.VOID:
        return tag.start, tag.end
    limit = _following(source, element)
    if 0 <= partner < limit:
        return tag.start, source.tags[partner].end
    for n in range(number + 1, limit):  # no end tag: what ends the element around it, or begins the next
        here = source.tags[n]
        if here.ends and 0 <= source.partners[n] < number:
            return tag.start, here.start
    return tag.start, source.tags[limit].start if limit < len(source.tags) else len(source.clean)


def _following(source: _Source, element: Element) -> int:
    """The number of the first start tag after an element and all that it holds."""
    while element is not None:
        for after in element.itersiblings():
            for inner in after.iter():
                if isinstance(inner.tag, str) and tags.number(inner) is not None:
                    return _number(source, inner)
        element = element.getparent()
    return len(source.tags)


def _text_start(source: _Source, element: Element, tail: bool) -> int:
    """Where the text of an element, or the text that follows it, begins."""
    if not tail:
        return source.tags[_number(source, element)].end
    comments = 0
    while not isinstance(element.tag, str):
        comments += 1
        before = element.getprevious()
        if before is None:
            at = source.tags[_number(source, element.getparent())].end
            break
        element = before
    else:
        at = _extent(source, element)[1]
    number = bisect_left(source.tags, at, key=_start)
    while comments:
        if number == len(source.tags):
            raise _LostError
        if not source.tags[number].name:
            at, comments = source.tags[number].end, comments - 1
        number += 1
    return at


def _text_ranges(source: _Source, element: Element, tail: bool, ranges: Sequence[Range]) -> list[Range]:
    """Where in the source ranges of a text stand, given that tags may be strewn in it."""
    text = element.tail if tail else element.text
    waiting, found, done = deque(ranges), list[Range](), 0
    for start, end, chars in _units(source, _text_start(source, element, tail)):
        if chars[:1] == "\r" != text[done : done + 1]:
            chars = "\n"  # newer parsers make one line end of all
        upto = done + len(chars)
        if text[done:upto] != chars:
            raise _LostError
        while waiting and waiting[0][0] < upto:
            first, last = max(waiting[0][0], done) - done, min(waiting[0][1], upto) - done
            found.append((start + first, start + last) if end - start == len(chars) else (start, end))
            if waiting[0][1] > upto:
                break
            waiting.popleft()
        if not waiting:
            return found
        done = upto
    raise _LostError


def _units(source: _Source, at: int) -> Iterator[tuple[int, int, str]]:
    """From a place in the source on: stretches of text, and the characters that they stand for."""
    number = bisect_left(source.tags, at, key=_start)
    while at < len(source.clean):
        stop = source.tags[number].start if number < len(source.tags) else len(source.clean)
        if at == stop:
            at, number = source.tags[number].end, number + 1
            continue
        if match := _PLAIN.match(source.clean, at, stop):
            yield at, match.end(), match[0]
        else:
            match = _UNIT.match(source.clean, at, stop)
            yield at, match.end(), entities.unescape(match[0])
        at = match.end()


# Marks


def _marks(source: _Source, parts: Sequence[_Part], asides: bool, checked: bool) -> list[tuple[int, str]]:
    """What is written where, with or without asides; `checked` marks are those that `_unmarked` finds."""
    owners = Counter(block.element for block in source.blocks)
    above: set[Element] = set()
    for element in owners:
        _climb(element.getparent(), above)
    written: list[tuple[int, str]] = []
    for part in parts:
        element = part.block.element
        if part.whole and owners[element] == 1 and element not in above | {source.root}:
            if asides and element.tag in _WRAPPED and element.getparent().tag in _FLOW:
                start, end = _extent(source, element)
                written += [(start, _opening("aside", part, checked)), (end, "</aside>")]
            elif not checked:
                written += _with_class(source, source.tags[_number(source, element)], part)
        else:
            for start, end in _stretches(source, part, above):
                written += [(start, _opening("span", part, checked)), (end, "</span>")]
    return sorted(written, key=itemgetter(0))


def _opening(name: str, part: _Part, checked: bool) -> str:
    check = f' {NUMBER}="{CHECKED}"' if checked else ""
    return f'<{name} class="{part.label}"{_kinds(part)}{check}>'


def _kinds(part: _Part) -> str:
    kinds = entities.escape(" ".join(part.of.kinds))
    return f' data-kinds="{kinds}"' if kinds else ""


def _with_class(source: _Source, tag: Tag, part: _Part) -> list[tuple[int, str]]:
    """The class and the kinds of a part, in a start tag that may have classes."""
    at = tag.start + 1 + len(tag.name)
    for match in _ATTRIBUTE.finditer(source.clean, at, tag.end):
        if match["name"].lower() == "class" and match["value"]:
            start, end = match.span("value")
            kinds = (at, _kinds(part))
            if match["value"][0] in "\"'":
                return [kinds, (start + 1, f"{part.label} ")]
            return [kinds, (start, f'"{part.label} '), (end, '"')]
    return [(at, f' class="{part.label}"{_kinds(part)}')]


def _stretches(source: _Source, part: _Part, above: set[Element]) -> list[Range]:
    """Where a part stands in the source, joined where only white space stands between."""
    found: list[tuple[Element, int, int]] = []
    for around, start, end in _inline(source, part, above):
        if found and found[-1][0] is around and not source.clean[found[-1][2] : start].strip():
            start = found.pop()[1]
        found.append((around, start, end))
    return [(start, end) for _, start, end in found]


def _inline(source: _Source, part: _Part, above: set[Element]) -> Iterator[tuple[Element, int, int]]:
    """The texts of a part, and the elements that hold nothing else, each with the element around it."""
    owner, pieces = part.block.element, part.block.pieces
    visible = {n: _visible(text) for n, (text, _, _) in enumerate(pieces) if text != CELL}
    covered = {n: _visible(pieces[n][0][start:end]) for n, start, end in part.covers if n in visible}
    left: Counter[Element] = Counter()
    for n, count in visible.items():
        for element in _within(owner, pieces[n]):
            left[element] += count - covered.get(n, 0)
    for n, start, end in part.covers:
        text, element, tail = pieces[n]
        if not covered.get(n):
            continue
        whole = [
            e for e in _within(owner, pieces[n]) if not left[e] and e not in above and e.tag not in _FRAME
        ]
        if whole:
            yield whole[-1].getparent(), *_extent(source, whole[-1])
            continue
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end -= len(text[start:end]) - len(text[start:end].rstrip())
        ranges = _text_ranges(source, element, tail, [(start, end)])
        yield element.getparent() if tail else element, ranges[0][0], ranges[-1][1]


def _within(owner: Element, piece: page.Piece) -> Iterator[Element]:
    """The elements around a piece, up to the one that its block stands in."""
    _, element, tail = piece
    if tail:
        element = element.getparent()
    while element is not owner and element is not None:
        yield element
        element = element.getparent()


def _with(text: str, written: Iterable[tuple[int, str]]) -> str:
    parts, done = [], 0
    for at, mark in written:
        parts += [text[done:at], mark]
        done = at
    return "".join(parts) + text[done:]


def _unmarked(root: Element) -> Element:
    """The tree without the checked marks."""
    for element in list(root.iter()):
        if isinstance(element.tag, str) and element.get(NUMBER) == CHECKED:
            element.tag = CHECKED
    etree.strip_tags(root, CHECKED)
    return root
