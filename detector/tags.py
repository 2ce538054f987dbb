"""The tags of a page, where they stand in its source.

lxml says what a page holds, and this where: a tree keeps no offsets, so each start tag is given its
number as an attribute before the page is parsed (`numbered`), and the tree tells it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from typing import Any, NamedTuple

import regex

#: The attribute that carries the number of a start tag; in the tree alone, never in what is given out.
NUMBER = "data-tag-number"
#: Elements without an end tag.
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
#: Elements that the next of their kind ends: they do not nest, whatever their number.
_SELF_ENDING = frozenset("p li dt dd tr td th thead tbody tfoot option optgroup colgroup".split())
#: Elements that count, nested deeper than this, are left out by `flattened`.
DEEPEST = 400

_TAG = regex.compile(
    r"""
      <!--(?:-?>|.*?(?:--!?>|\Z))
    | <[!?][^>]*+(?:>|\Z)
    | </[^a-zA-Z>][^>]*+(?:>|\Z)
    | <(?P<end>/)?+(?P<name>[a-zA-Z][^\s/>]*+)
      (?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+
      (?:>|\Z)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_VISIBLE = regex.compile(r"[^\n]")
#: What stands in these is text, whatever it looks like.
_RAW = {
    name: regex.compile(rf"</{name}(?=[\s/>])", regex.IGNORECASE)
    for name in "script style textarea title xmp iframe noembed noframes".split()
}


#: What stands between these is passed over in search of the tag that ends a page.
_ENDINGS = regex.compile(
    rf"""
      <!--.*?(?:-->|\Z)
    | <(?P<raw>{"|".join(_RAW)})(?=[\s/>]).*?(?:</(?P=raw)(?=[\s/>])|\Z)
    | (?P<end></html\b[^<>]*+>)
    """,
    regex.DOTALL | regex.IGNORECASE | regex.VERBOSE,
)


class Tag(NamedTuple):
    """A start tag, an end tag, or a comment, which has no name: `source[start:end]`."""

    start: int
    end: int
    name: str
    ends: bool


def scan(source: str) -> Iterator[Tag]:
    """The tags and comments of a page in order, in time linear in the page."""
    match = _TAG.search(source)
    while match:
        name = match["name"] or ""
        name = name.lower() if name.isascii() else name
        yield Tag(match.start(), match.end(), name, match["end"] is not None)
        at = match.end()
        if name in _RAW and not match["end"]:
            close = _RAW[name].search(source, at)
            at = close.start() if close else len(source)
        match = _TAG.search(source, at)


def partners(tags: Sequence[Tag]) -> list[int]:
    """For each tag the number of the tag that it opens or closes with, -1 where there is none."""
    partner = [-1] * len(tags)
    opened: list[int] = []
    waiting: Counter[str] = Counter()
    for number, tag in enumerate(tags):
        if not tag.ends:
            if tag.name and tag.name not in VOID:
                opened.append(number)
                waiting[tag.name] += 1
            continue
        while waiting[tag.name]:
            last = opened.pop()
            waiting[tags[last].name] -= 1
            if tags[last].name == tag.name:
                partner[last], partner[number] = number, last
                break
    return partner


def numbered(source: str, tags: Iterable[tuple[int, Tag]]) -> str:
    """The page with a number in each start tag."""
    written, done = StringIO(), 0
    for number, tag in tags:
        if tag.name and not tag.ends:
            at = tag.start + 1 + len(tag.name)
            written.write(source[done:at])
            written.write(f' {NUMBER}="{number}"')
            done = at
    written.write(source[done:])
    return written.getvalue()


def number(element: Any) -> int | None:
    """The number of an element's start tag, if it has one."""
    value: str | None = element.get(NUMBER)
    return int(value) if value is not None and value.isdecimal() else None


def by_line(source: str) -> Iterator[tuple[int, Tag]]:
    """Each tag with its line, from 1."""
    line, done = 1, 0
    for tag in scan(source):
        line += source.count("\n", done, tag.start)
        done = tag.start
        yield line, tag


def unended(source: str) -> str:
    """The page with blanks for the tags that end it; all else stands where it stood."""
    return str(_ENDINGS.sub(lambda match: _VISIBLE.sub(" ", match[0]) if match["end"] else match[0], source))


def blanked(source: str, unwanted: Callable[[Tag], bool]) -> str:
    """The page with blanks for the tags that are unwanted; all else stands where it stood."""
    written, done = StringIO(), 0
    for tag in scan(source):
        if unwanted(tag):
            written.write(source[done : tag.start])
            written.write(_VISIBLE.sub(" ", source[tag.start : tag.end]))
            done = tag.end
    written.write(source[done:])
    return written.getvalue()


def flattened(source: str) -> str:
    """The page without the tags that nest too deep for a parser."""
    tags = list(scan(source))
    partner = partners(tags)
    opened: list[int] = []
    deep = set()
    for number, tag in enumerate(tags):
        if not tag.name or tag.name in VOID or tag.name in _SELF_ENDING:
            continue
        if not tag.ends:
            opened.append(number)
            if len(opened) > DEEPEST:
                deep.add(tag.start)
        elif partner[number] >= 0:
            while opened.pop() != partner[number]:
                pass
        if tag.ends and partner[number] >= 0 and tags[partner[number]].start in deep:
            deep.add(tag.start)
    return blanked(source, lambda tag: tag.start in deep)
