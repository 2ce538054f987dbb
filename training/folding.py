"""The table of symbols that the detector folds text with: built here once, shipped in the model.

Shipping it makes scores independent of the Unicode version of the Python that serves them.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from detector.ngrams import DROPPED, SPACE, Symbols

_OTHER = 2
_MARKS = {
    3: ".。｡।۔…",
    4: ",、،､",
    5: ":：",
    6: ";；؛",
    7: "!！",
    8: "?？؟",
    9: "(（",
    10: ")）",
    11: '"“”„‟«»‹›「」『』《》〈〉〝〞',
    12: "'’‘‚‛´`ʼ",
    13: "©",
    14: "®",
    15: "™",
    16: "%٪％",
    18: "&＆",
    19: "@＠",
    20: "/／",
    21: "+＋",
    22: "§",
    23: "℗",
    24: "⚠",
}
_CURRENCY = 17
#: Marks of layout and emphasis: they come and go with Markdown, tables and bullets.
_LAYOUT = "*_#>|~`^=\\[]{}<•·●■▪▶►‣※★☆→"
_FOLDED_LETTERS = {
    "ß": "s",
    "ı": "i",
    "ς": "σ",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "æ": "a",
    "œ": "o",
    "ە": "ه",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ة": "ه",
    "ـ": "",
}
_POINTS = [(0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x0670, 0x0670), (0xFE00, 0xFE0F)]


def symbol_table() -> Symbols:
    """The symbol of each code point of the basic plane, shape (65536,); all others share the last."""
    marks = {char: symbol for symbol, chars in _MARKS.items() for char in chars}
    marks |= dict.fromkeys(_LAYOUT, SPACE)
    table = np.array([_symbol(chr(code), marks) for code in range(1 << 16)], np.uint16)
    table[-1] = _OTHER
    return table


def _symbol(char: str, marks: dict[str, int]) -> int:
    category = unicodedata.category(char)
    if char in marks:
        return marks[char]
    if category in ("Cs", "Co", "Cn"):
        return _OTHER
    if char.isspace() or category in ("Cc", "Pd", "Zs", "Zl", "Zp"):
        return SPACE
    if category == "Cf" or any(low <= ord(char) <= high for low, high in _POINTS):
        return DROPPED
    if category == "Sc":
        return _CURRENCY
    if category == "Nd":
        return ord("0")
    plain = _plain(char)
    if plain != char and plain <= "\uffff":
        return _symbol(plain, marks) if plain else DROPPED
    return ord(char) if category[0] in "LNM" else _OTHER


def _plain(char: str) -> str:
    """The character without case, width and accents; its first one where there are several."""
    lower = unicodedata.normalize("NFKC", char).lower()
    parts = unicodedata.normalize("NFD", lower)
    bare = "".join(c for c in parts if not any(a <= ord(c) <= b for a, b in _POINTS))
    first = unicodedata.normalize("NFC", bare)[:1]
    return _FOLDED_LETTERS.get(first, first)
