"""Where the elements of a page stand: their XPaths and lines.

A parser counts neither the children before an element nor, beyond a limit, the lines. Here each child
is counted once, so that the places of all blocks of a page cost time linear in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from detector import tags

Element: TypeAlias = Any  # lxml has no types

#: libxml2 counts lines up to this.
LINES = 65_535
#: Elements deeper than this get a short XPath: one by steps would be as long as they are deep.
DEEP = 100
#: A page has one of each.
ALONE = frozenset(("html", "head", "body"))


class Paths:
    """The XPaths of the elements of one tree, to be asked for in their order.

    `named` are the names of the elements that are asked for, of ASCII letters and digits.
    """

    def __init__(self, named: frozenset[str]) -> None:
        self._named = named
        self._known: dict[Element, tuple[str, int]] = {None: ("", 0)}  # with how deep it stands
        self._counted: dict[Element, tuple[Iterator[Element], dict[Any, int]]] = {}
        self._ordinals: dict[str, Iterator[tuple[int, Element]]] = {}

    def of(self, element: Element) -> str:
        climbed = []
        while (known := self._known.get(element)) is None:
            climbed.append(element)
            element = element.getparent()
        xpath, depth = known
        for inner in reversed(climbed):
            depth += 1
            xpath = self._short(inner) if depth > DEEP else f"{xpath}/{self._step(element, inner)}"
            self._known[inner] = xpath, depth
            element = inner
        return xpath

    def _step(self, around: Element, element: Element) -> str:
        """The step of an XPath from the element around."""
        counted = self._counted.get(around)
        if counted is None:
            counted = self._counted[around] = iter((element,) if around is None else around), {}
        children, counts = counted
        for child in children:
            name = child.tag
            counts[name] = counts.get(name, 0) + 1
            if child is element:
                break
        tag = element.tag
        if tag in ALONE and counts[tag] == 1 and next(element.itersiblings(tag), None) is None:
            return str(tag)
        if tag in self._named or (tag.isalnum() and tag.isascii()):
            return f"{tag}[{counts[tag]}]"
        return f"*[{sum(number for name, number in counts.items() if isinstance(name, str))}]"

    def _short(self, element: Element) -> str:
        """The XPath by the number among all elements of the name; none for what is not asked for."""
        tag = element.tag
        if tag not in self._named:
            return ""
        if tag not in self._ordinals:
            self._ordinals[tag] = enumerate(element.getroottree().iter(tag), 1)
        number = next(number for number, other in self._ordinals[tag] if other is element)
        return f"(//{tag})[{number}]"


def last_line(root: Element) -> int:
    """The line of the last element of a tree, as far as libxml2 counts."""
    last = root
    while (inner := next(last.iterchildren("*", reversed=True), None)) is not None:
        last = inner
    return int(last.sourceline or 1)


def line(element: Element) -> int:
    """The line of an element, from 1, by its number where libxml2 does not count it."""
    line: int = element.sourceline or 1
    number = tags.number(element) if line >= LINES else None
    return line if number is None else number
