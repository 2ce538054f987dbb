"""Text of strangers as it is safe to show: escaped, and with characters that nobody sees made visible.

Controls, bidirectional overrides, tag characters and lone surrogates are replaced, never sent: they
could turn what stands around them, or hide. What writing needs (joiners, soft hyphens, direction marks)
stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

#: A stretch of a text and the classes of the mark around it.
Mark = tuple[int, int, str]

_ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {
    "\x00": "NUL",
    "\x07": "BEL",
    "\x08": "BS",
    "\x0b": "VT",
    "\x0c": "FF",
    "\x1b": "ESC",
    "\x7f": "DEL",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}
#: Words, single signs of scripts that are written without spaces, and all else by itself.
_TOKEN = re.compile(
    r"\s+|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+|.", re.DOTALL
)


def plain(value: object) -> object:
    """A value for a page: in a text that is not markup, odd characters are replaced by one sign each."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _ODD.sub(_sign, value)
    return value


def shown(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """A text as markup: marked as told (marks may overlap), odd characters as small labels."""
    return Markup("").join(_wrapped(text[start:end], names) for start, end, names in _runs(text, list(marks)))


def shortened(text: str, most: int) -> str:
    """The beginning of a text, on one line, with an ellipsis where it goes on."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most and len(text) <= most * 4 else line[:most].rstrip() + "…"


def tokens(text: str) -> Iterator[tuple[int, int]]:
    """The words and signs of a text by start and end, white space left out."""
    for found in _TOKEN.finditer(text):
        if not found[0].isspace():
            yield found.span()


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"


def _runs(text: str, marks: Sequence[Mark]) -> Iterator[tuple[int, int, str]]:
    """The text cut where marks begin and end, with the classes that hold in each run."""
    cuts = {0, len(text)}
    for start, end, _ in marks:
        cuts |= {min(max(start, 0), len(text)), min(max(end, 0), len(text))}
    edges = sorted(cuts)
    for start, end in pairwise(edges):
        names = dict.fromkeys(name for begin, stop, name in marks if begin <= start and end <= stop)
        yield start, end, " ".join(names)


def _wrapped(text: str, names: str) -> Markup:
    inside = _labelled(text)
    return Markup('<mark class="{}">{}</mark>').format(names, inside) if names else inside


def _labelled(text: str) -> Markup:
    out: list[Markup] = []
    done = 0
    for found in _ODD.finditer(text):
        out += [escape(text[done : found.start()]), _label(found[0])]
        done = found.end()
    return Markup("").join([*out, escape(text[done:])])


def _label(char: str) -> Markup:
    code = f"U+{ord(char):04X}"
    title = f"{code} {unicodedata.name(char, 'no text')}"
    name = _SHORT.get(char, code)
    return Markup('<span class="odd" title="{}">{}</span>').format(title, name)
