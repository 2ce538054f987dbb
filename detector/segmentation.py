"""From a text to segments (paragraphs, headings, list items, ...) and from a segment to sentences.

One scan over the lines, in time and memory linear in the text. Articles come in three layouts, often
mixed: paragraphs parted by blank lines, a paragraph a line, and lines wrapped at some width. Lines
are joined only where the layout shows that they were wrapped (see `_wrapped`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import regex

from detector.document import LINE_END, WHITE, Form, Format, Segment

#: Wrapped text has lines of this many characters: narrower ones are verse, wider ones paragraphs.
WRAP_WIDTHS = (30, 120)
#: Without sentence marks, a line up to this many characters is a line, a longer one a paragraph.
LINE_LENGTH = 80

_VISIBLE_LINE = regex.compile(f"[^{WHITE}][^{LINE_END}]*+")
_ENDS = regex.compile(f"\r\n|[{LINE_END}]")
_MARKS = regex.compile(
    rf"""
      (?P<quote>    (?:>[{WHITE}]*+)++ )
    | (?P<heading>  \#{{1,6}}+(?:[{WHITE}]++|(?<=\#\#)(?=[^\#{WHITE}])) )
    | (?P<list_item>(?:[-*+–—][{WHITE}]++|[•◦‣▪●·][{WHITE}]*+|\(?\d{{1,3}}[.)][{WHITE}]++)
                    (?:\[[ xX]\][{WHITE}]++)? )
    | (?P<table_row>\|[{WHITE}]*+ )
    """,
    regex.VERBOSE,
)
#: A line that opens or closes a quotation in the templates of static sites and in HTML.
_QUOTE_TAG = regex.compile(r"(?:\{%-?|<)\s?(?P<close>end|/)?(?:block|pull)?quote\b[^\n]*[%>]\}?\Z")
_ONLY_MARKS = regex.compile(r"[-*_=|:+#>~`\s]*+\Z")
_TABLE_RULE = regex.compile(r"[\s|:]*-{2,}[-\s|:+]*\Z")
_UNDERLINE = regex.compile(r"(?:=+|-+)\Z")
_FIRST_WORD = regex.compile(f"[^{WHITE}]++")
#: A semicolon asks a question in Greek and ends nothing elsewhere.
_SENTENCE_MARK = regex.compile(r"(?:[.!?。！？…؟۔।:]|(?<=\p{Greek});)(?:[\"'”’»）)\]*_]*)\Z")

_UNSPACED = r"[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u19E0-\u19FF\uA9E0-\uA9FF\uAA60-\uAA7F]"
_BOUNDARIES = {
    "gap": rf"""(?<![.!?…؟۔।॥]) [.!?…؟۔।॥]++ [\"'”’»)\]*_]*+ (?P<gap>[{WHITE}]++) (?=[^{WHITE}\p{{Ll}}])""",
    "wide": rf"""(?<![。！？｡．]) [。！？｡．]++ [”’」』）)\"]*+ (?P<wide>[{WHITE}]*+)
        (?=[^{WHITE}。！？｡．”’」』）)\"])""",
    "thai": rf"""(?<={_UNSPACED}[”"]?+) (?P<thai>[{WHITE}]++) (?=["“]?{_UNSPACED})""",
    "aside": rf"""(?<![{WHITE}]) (?P<aside>[{WHITE}]++)
        (?= [(（] \p{{Lu}} [^()（）]{{4,300}}? [.!?] [)）] | ©[{WHITE}]?+\S )""",
    "after": rf"""(?<=[.!?][)）]) (?<=[(（] \p{{Lu}} [^()（）]{{4,300}} [)）]) (?P<after>[{WHITE}]++)""",
}
_ALWAYS = ("gap", "wide")
_BRACKETS = (")", "）")
#: A sentence closed in brackets.
_CLOSED = tuple(mark + bracket for mark in ".!?" for bracket in _BRACKETS)
_NO_MARKS = regex.compile(_UNSPACED)
#: A bar or dash between white space and a capital. It is looked for apart, since bars are rarer than blanks.
_BAR = regex.compile(rf"[|•·–—-](?<=[{WHITE}].)(?=[{WHITE}]++[\p{{Lu}}\p{{Lo}}©])", regex.DOTALL)
_LAST_WORD = regex.compile(f"""[^{WHITE}(«"“„/]*+\\Z""")
_ABBREVIATIONS = frozenset(
    """Dr dr Prof prof Mr Mrs Ms St Sr Jr No Nr Art Abs Inc Ltd Co Corp vs etc bzw ca ggf evtl usw inkl zzgl
    approx fig cf p pp vol ed ru им г ул стр руб тыс млн млрд т д н см Mme Mlle MM art av Sra Dñ Dña núm pág
    Ud Uds EE UU""".split()
)
#: Characters of the longest abbreviation with its point and what stands before it, and some to spare.
_LONGEST_ABBREVIATION = 12
#: An initial, two letters with a point, a day or number of a list.
_INITIAL = regex.compile(r"\p{Lu}|\p{L}\.\p{L}|\d{1,2}")
_CLAUSE = regex.compile(r"[,;:.!?،؛؟。，；：！？、।]++")
#: Clauses of fewer characters than this say too little.
_CLAUSE_LENGTH = 12
#: What ends without a sentence mark must be this long to stand as a sentence.
_LONG_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class _Line:
    """A visible line: `start` is where it begins, `body` where its text does after the marks."""

    start: int
    body: int
    end: int
    form: Form | None
    parted: bool  # a blank line stands before it


def segment(text: str, format: Format = "text") -> tuple[Segment, ...]:
    """Cut a text into segments, ordered and disjoint; between them is white space and markup.

    `format` is "text" or "markdown"; they differ in underlined headings, which only Markdown has.
    """
    if _is_one_line(text):
        end = len(text.rstrip())
        return (Segment(0, end, text[:end], plain_form(text, 0, end)),)
    found = []
    quoted = False
    for start, end, form in _blocks(text, list(_lines(text)), format):
        if tag := _QUOTE_TAG.match(text, start, end):
            quoted = not tag["close"]
        elif quoted:
            form = "quote"
        found.append(Segment(start, end, text[start:end], form or plain_form(text, start, end)))
    return tuple(found)


def _is_one_line(text: str) -> bool:
    """Whether a text is surely one line without marks: most paragraphs are, and need no scan over lines."""
    return text[:1].isalpha() and text.isprintable()


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of a segment, in order; together they cover all but white space.

    Sentence marks end a sentence, in spaced scripts only before white space and a letter that is not
    small, and not after common abbreviations. A bar or dash before a capital, a ©, and a bracket that
    holds a whole sentence begin one. Thai, Lao, Khmer and Burmese have no sentence marks: there a
    space after a stretch of some length ends one, which may cut at a clause.
    """
    found: list[tuple[int, int]] = []
    start = 0
    for end, following, sort in _boundaries(text):
        if sort in ("thai", "bar") and end - start < _LONG_ENOUGH:
            continue
        if sort == "gap" and _is_abbreviated(text, start, end):
            continue
        found.append((start, end))
        start = following
    end = len(text.rstrip())
    if start < end:
        found.append((start, end))
    return found


def _boundaries(text: str) -> list[tuple[int, int, str]]:
    """Where a sentence may end and the next begin, and why, in order."""
    matches = _boundary(_sorts(text)).finditer(text)
    found = [(*match.span(sort), sort) for match in matches if (sort := match.lastgroup)]
    taken = {following for _, following, _ in found}
    bars = [at for match in _BAR.finditer(text) if (at := match.start()) not in taken]
    if bars:
        found += [(_end_before(text, at), at, "bar") for at in bars]
        found.sort()
    return found


def _end_before(text: str, at: int) -> int:
    """The end of what stands before `at` and the white space there."""
    while at and text[at - 1].isspace():
        at -= 1
    return at


def _sorts(text: str) -> tuple[str, ...]:
    """The sorts of boundary that a text may have beside those that any has: to look for them is slow."""
    is_closed = any(map(text.__contains__, _BRACKETS)) and any(map(text.__contains__, _CLOSED))
    sorts = ["aside"] * (is_closed or "©" in text) + ["after"] * is_closed
    if not text.isascii() and _NO_MARKS.search(text):
        sorts.append("thai")
    return tuple(sorts)


@cache
def _boundary(sorts: tuple[str, ...]) -> regex.Pattern[str]:
    looked_for = [pattern for sort, pattern in _BOUNDARIES.items() if sort in (*_ALWAYS, *sorts)]
    return regex.compile("|".join(looked_for), regex.VERBOSE)


def _is_abbreviated(text: str, start: int, end: int) -> bool:
    """Whether a sentence mark at the end of `text[start:end]` is the point of an abbreviation or number."""
    if text[end - 1] != ".":
        return False
    first = max(start, end - _LONGEST_ABBREVIATION)
    last = _LAST_WORD.search(text, first, end - 1)
    if last is None:
        return False
    word = last.group()
    known = word in _ABBREVIATIONS or (len(word) <= 3 and _INITIAL.fullmatch(word))
    return bool(known and (last.start() > first or last.start() == 0))


def clauses(text: str) -> list[str]:
    """The clauses of a text: what commas, colons and sentence marks part, unless very short."""
    return [part for part in _CLAUSE.split(text) if len(part) >= _CLAUSE_LENGTH]


def _lines(text: str) -> Iterator[_Line]:
    done, parted = 0, False
    for match in _VISIBLE_LINE.finditer(text):
        start, end = match.span()
        end = start + len(text[start:end].rstrip())
        if done:
            parted |= _blank_between(text, done, start)
        done = match.end()
        if _ONLY_MARKS.match(text, start, end):
            # No segment: a rule, a fence, the second row of a table. It parts what it stands between.
            yield _Line(start, end, end, None, parted)
            parted = False
            continue
        marks = _MARKS.match(text, start, end)
        form: Form | None = marks.lastgroup if marks else None
        body = marks.end() if marks else start
        if form == "table_row" or (form == "heading" and text[end - 1] == "#"):
            end = body + len(text[body:end].rstrip("|# \t"))
        yield _Line(start, body, end, form, parted)
        parted = False


def _blank_between(text: str, end: int, start: int) -> bool:
    """Whether more than one line ends between two places; two ends suffice to know."""
    first = _ENDS.search(text, end, start)
    return bool(first and _ENDS.search(text, first.end(), start))


def _blocks(text: str, lines: Sequence[_Line], format: Format) -> Iterator[tuple[int, int, Form | None]]:
    block: list[_Line] = []
    in_table = False
    for i, line in enumerate(lines):
        below = lines[i + 1] if i + 1 < len(lines) else None
        if line.body == line.end:  # only marks
            in_table = bool(in_table or _TABLE_RULE.match(text, line.start, line.end))
            yield from _paragraphs(text, block)
            block = []
            continue
        ruled = below is not None and below.body == below.end and not below.parted
        in_table = (in_table and not line.parted) or (
            ruled and below is not None and "|" in text[below.start : below.end]
        )
        form = line.form
        if form is None and in_table and "|" in text[line.start : line.end]:
            form = "table_row"
        elif form is None and ruled and format == "markdown" and _underlines(text, below):
            form = "heading"
        if line.parted or form != (block[-1].form if block else form) or form in _SINGLE:
            continues = form is None and not line.parted and block and block[-1].form == "list_item"
            if not (continues and _indented(text, line)):
                yield from _paragraphs(text, block)
                block = []
        block.append(_Line(line.start, line.body, line.end, form, line.parted))
    yield from _paragraphs(text, block)


def _underlines(text: str, below: _Line | None) -> bool:
    return below is not None and bool(_UNDERLINE.match(text, below.start, below.end))


_SINGLE = ("heading", "list_item", "table_row")


def _indented(text: str, line: _Line) -> bool:
    return text[max(0, line.start - 2) : line.start].strip(" \t") == "" and line.start >= 2


def _paragraphs(text: str, block: Sequence[_Line]) -> Iterator[tuple[int, int, Form | None]]:
    """The lines of one block, joined where they were wrapped."""
    if not block:
        return
    form = block[0].form
    if form in _SINGLE:  # with the lines that continue it
        yield block[0].body, block[-1].end, form
        return
    start = block[0].body
    for here, below, soft in zip(block, block[1:], _wrapped(text, block), strict=False):
        if not soft:
            yield start, here.end, form
            start = below.body
    yield start, block[-1].end, form


def _wrapped(text: str, block: Sequence[_Line]) -> list[bool]:
    """For each line end inside a block, whether the text only wrapped there.

    A break is tight when the first word below would not have fitted. Lines were wrapped when nearly
    all breaks are tight (the first may follow a lead-in), and the text shows that it runs on: after
    a line without a sentence mark, either a small letter comes or the block ends in such a mark; or
    there are many breaks.
    """
    width = max((line.end - line.body for line in block), default=0)
    if len(block) < 2 or not WRAP_WIDTHS[0] <= width <= WRAP_WIDTHS[1]:
        return [False] * (len(block) - 1)
    tight, runs_on = [], False
    closed = _ends_sentence(text, block[-1])
    for here, below in pairwise(block):
        word = _FIRST_WORD.match(text, below.body, below.end)
        length = word.end() - word.start() if word else 0
        fits = here.end - here.body + 1 + length <= width
        tight.append(not fits)
        open_end = not _ends_sentence(text, here)
        runs_on |= not fits and open_end and (closed or text[below.body].islower())
    counted = tight if tight[0] or len(tight) == 1 else tight[1:]
    enough = sum(counted) >= 0.8 * len(counted) and (runs_on or len(counted) >= 4)
    return tight if enough else [False] * len(tight)


def _ends_sentence(text: str, line: _Line) -> bool:
    return bool(_SENTENCE_MARK.search(text, max(line.body, line.end - 8), line.end))


def plain_form(text: str, start: int, end: int) -> Form:
    """The form of `text[start:end]`, which has no marks: a line is short and ends without a sentence mark."""
    if end - start > LINE_LENGTH:
        return "paragraph"
    marked = not text[end - 1].isalnum() and _SENTENCE_MARK.search(text, max(start, end - 8), end)
    return "paragraph" if marked else "line"
