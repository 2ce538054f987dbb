"""Where a span of one wording stands in a copy of it."""

from __future__ import annotations

import re

_WORD = re.compile(r"\S+")


def aligned(text: str, span: tuple[int, int], copy: str) -> tuple[int, int] | None:
    """The place in `copy` of `text[span]`; None where the two are too different to tell.

    It is found by its own words, by counting what can be seen (another wrapping), or by counting words
    (other numbers and names).
    """
    start, end = span
    if copy == text:
        return span
    wanted = text[start:end]
    if wanted.strip() and copy.count(wanted) == 1:
        at = copy.index(wanted)
        return at, at + len(wanted)
    return _by_characters(text, span, copy) or _by_words(text, span, copy)


def _by_characters(text: str, span: tuple[int, int], copy: str) -> tuple[int, int] | None:
    places = [i for i, char in enumerate(copy) if not char.isspace()]
    visible = [i for i, char in enumerate(text) if not char.isspace()]
    if [text[i] for i in visible] != [copy[i] for i in places]:
        return None
    inside = [n for n, i in enumerate(visible) if span[0] <= i < span[1]]
    return (places[inside[0]], places[inside[-1]] + 1) if inside else None


def _by_words(text: str, span: tuple[int, int], copy: str) -> tuple[int, int] | None:
    words, others = list(_WORD.finditer(text)), list(_WORD.finditer(copy))
    inside = [n for n, word in enumerate(words) if word.start() < span[1] and word.end() > span[0]]
    if len(words) != len(others) or not inside:
        return None
    return others[inside[0]].start(), others[inside[-1]].end()
