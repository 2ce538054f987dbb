"""Which texts are copies of one wording: a decision on one of them can then hold for all.

Notices repeat. `fingerprint` is equal for copies that differ in layout alone, `near` tells copies
that differ in a name or a clause, `sketch` gives the keys by which a database finds near copies
without comparing all pairs, and `grouped` does all three for a list of texts.

All of them look at the *letters* of a text (`letters`). Gone are white space, punctuation, emoji,
case, accents, and marks of Markdown and HTML; alike are all numbers, and all addresses (sites, pages,
e-mail, handles). Kept beside letters are © and the question mark, since "© Alpha News" is no headline
and a question no statement. Vowel signs and tone marks that belong to the letters of Thai or Hindi
stay; accents go, since capitals drop them in French and Greek, and sentences that differ in accents
alone are one wording typed twice. The name of a company in plain words is kept: no rule can tell it.

No model is used, and no character newer than Unicode 3.2 is classed, so a fingerprint does not change
with a model, a platform or a Python. (Python itself folds case and forms: of scripts added to Unicode
after version 14, a newer one may fold more.) Whoever changes a rule here must raise `FINGERPRINT`.

The near copies are those whose sets of n-grams A and B have |A ∩ B| / |A ∪ B| = J >= NEAR. An n-gram
is a run of four letters, or of two from a sign of Chinese, Japanese or Korean on. Under a random order
of all n-grams, the sets have the same least member with probability J (Broder 1997). A sketch has
BANDS keys, each a hash of the least members under ROWS orders. Two texts share a key with probability
1 - (1 - J^ROWS)^BANDS, for 28 bands of 8 rows:

    J       0.3     0.4     0.5     0.6     0.7     0.75    0.8     0.85    0.9
    shared  0.002   0.018   0.104   0.377   0.810   0.950   0.994   0.9998  1.0000
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from html import unescape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.ngrams import WIDE, chunks

#: Version of the normal form, the fingerprint and the sketch: those of two versions do not compare.
FINGERPRINT = 1
#: Texts whose n-grams have this Jaccard similarity are near: in a text of 20 words a name may differ.
NEAR = 0.7
#: Keys of a sketch, and orders behind each key.
BANDS, ROWS = 28, 8
#: A text of fewer n-grams than this is near to nothing: a word or two decides what it says.
FEWEST = 8
#: The n-grams of a text are those of this many letters at its beginning.
LONGEST = 1 << 16
#: `grouped` compares a text with this many families at most, those that share the most keys with it.
CANDIDATES = 8

_ORDER, _WIDE_ORDER = 4, 2
_KEPT = {"©": "©", "?": "?", "؟": "?", "@": "@"}
#: Letters with two forms in use, and one that differs by language only where it is small.
_TWINS = {"ı": "i", "ی": "ي", "ى": "ي", "ک": "ك"}
#: Accents and points that writers leave out; ʼ and its like; the stroke that stretches Arabic words.
_POINTS = "\u02b0-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\ufe00-\ufe0f"
#: Blocks of signs, also of those that came after Unicode 3.2.
_SIGNS = "\u2000-\u2bff\u2e00-\u2e7f"
_DROPPED = re.compile(f"[{_POINTS}{_SIGNS}]")

_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);")
_MARKUP = re.compile(
    r"""\]\([^()\s]*+(?:\s++"[^"()]*+")?\)
    | </?[a-z][a-z0-9]*+(?:\s[^<>=]*+=[^<>]*+)?\s*+/?>
    | <!--[^<>]*+>""",
    re.VERBOSE,
)
_HINT = re.compile(r"\.(?=[^\W\d_])")
_HOST = r"a-z0-9_\-+%\u00c0-\u052f"
_PATH = r"[^\s<>()\[\]{}\"'“”«»，。、\u0e00-\u0e7f\u2e80-\U0010ffff]"
_ADDRESS = re.compile(
    rf"""(?<![{_HOST}.@])
    (?: [a-z][a-z0-9+\-]{{1,15}}+://{_PATH}++
      | @[{_HOST}]++
      | (?P<name>[{_HOST}]++(?:[.@][{_HOST}]++)++) (?:[/?:]{_PATH}++)? )""",
    re.VERBOSE,
)
#: Ends of site names. Ends that are also words of English are left out: "advice.It" lacks a space.
_ENDINGS = frozenset(
    "com net org info biz edu gov int io ai app dev news blog online site shop store media live tv eu"
    " uk au nz ca ie de ch fr es pt br mx ar cl nl pl cz sk hu ro bg gr dk se fi ru ua tr il ae sa ir pk"
    " jp cn tw hk kr th vn sg ph ke ng za рф укр".split()
)

Letters = NDArray[np.uint16]
Grams = NDArray[np.uint64]
Index = NDArray[np.int64]
Keys = NDArray[np.int64]


def letters(text: str) -> str:
    """What all copies of a text have in common: its letters, "0" for each number, "@" for each address."""
    return _letters([text])[0].tobytes().decode("utf-16-le", "surrogatepass")


def fingerprint(text: str) -> str:
    """32 hexadecimal digits, equal for texts of equal letters; without letters, of equal visible signs."""
    return fingerprints([text])[0]


def fingerprints(texts: Sequence[str]) -> list[str]:
    """`fingerprint` of each text, faster than one by one."""
    found = []
    for part in chunks(texts):
        forms, bounds = _letters(texts[part])
        data = forms.tobytes()
        for text, (start, end) in zip(texts[part], pairwise((2 * bounds).tolist()), strict=True):
            own = data[start:end] or "".join(_plain(text).split()).encode("utf-8", "surrogatepass")
            found.append(blake2b(own, digest_size=16, person=b"wording %d" % FINGERPRINT).hexdigest())
    return found


def sketch(text: str) -> tuple[int, ...]:
    """BANDS keys of 64 bits, signed; most near copies share one. Empty for a text of few n-grams."""
    return sketches([text])[0]


def sketches(texts: Sequence[str]) -> list[tuple[int, ...]]:
    """`sketch` of each text, much faster than one by one."""
    keys, rows = _sketches(texts)
    found: list[tuple[int, ...]] = [()] * len(texts)
    for row, own in zip(rows.tolist(), keys.tolist(), strict=True):
        found[row] = tuple(own)
    return found


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of the n-grams of two texts, 0 to 1; 1 for copies, whatever their length."""
    if fingerprint(one) == fingerprint(other):
        return 1.0
    return _jaccard(_gram_set(one), _gram_set(other))


def near(one: str, other: str) -> bool:
    """Whether one text is a copy or a near copy of the other; short texts are only if they are copies."""
    return fingerprint(one) == fingerprint(other) or _near(_gram_set(one), _gram_set(other))


def grouped(texts: Sequence[str]) -> list[int]:
    """The number of each text's family; families are numbered from 0 as they come.

    Every text is a copy or near copy of the first of its family, so that a chain of small changes
    does not lead from one wording to another. Linear in the texts but for one sort of their keys.
    """
    firsts: dict[str, int] = {}
    wordings = [firsts.setdefault(own, len(firsts)) for own in fingerprints(texts)]
    places = {wording: i for i, wording in reversed(list(enumerate(wordings)))}
    heads = _heads([texts[places[wording]] for wording in range(len(firsts))])
    numbers: dict[int, int] = {}
    return [numbers.setdefault(heads[wording], len(numbers)) for wording in wordings]


def _heads(texts: Sequence[str]) -> list[int]:
    """The first text of the family of each of some different wordings."""
    heads = list(range(len(texts)))
    grams = lru_cache(maxsize=4096)(lambda i: _gram_set(texts[i]))
    for i, others in _neighbours(texts):
        candidates = Counter(heads[j] for j in others)
        for head, _ in sorted(candidates.items(), key=lambda item: (-item[1], item[0]))[:CANDIDATES]:
            if _near(grams(head), grams(i)):
                heads[i] = head
                break
    return heads


def _neighbours(texts: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    """Each text that shares a key with earlier ones, and for each such key the first and the last of them."""
    keys, rows = _sketches(texts)
    flat = keys.ravel()
    order = np.argsort(flat, kind="stable")
    new = np.ones(len(order), bool)
    new[1:] = flat[order[1:]] != flat[order[:-1]]
    first = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    earlier = np.full((2, len(order)), -1)
    later = np.flatnonzero(~new)
    earlier[0, order[later]] = rows[order[first[later]] // BANDS]
    earlier[1, order[later]] = rows[order[later - 1] // BANDS]
    table = earlier.reshape(2, -1, BANDS)
    for at in np.flatnonzero((table[0] >= 0).any(axis=1)):
        own = table[:, at].ravel()
        yield int(rows[at]), own[own >= 0].tolist()


def _near(one: Grams, other: Grams) -> bool:
    """Whether two sets of n-grams are large and alike enough."""
    return min(len(one), len(other)) >= FEWEST and _jaccard(one, other) >= NEAR


def _jaccard(one: Grams, other: Grams) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(len(one) + len(other) - common, 1)


def _gram_set(text: str) -> Grams:
    """The different n-grams of a text, in order."""
    return np.unique(_grams(*_letters([text]))[0])


def _grams(forms: Letters, bounds: Index) -> tuple[Grams, Index]:
    """The n-grams of texts, four letters packed in 64 bits, and their bounds."""
    size = len(forms)
    ends = np.repeat(bounds[1:], np.diff(bounds))
    begins = np.repeat(bounds[:-1], np.diff(bounds))
    places = np.arange(size)
    packed = np.zeros(size + _ORDER, np.uint64)
    packed[:size] = forms
    wide = forms >= WIDE
    pairs = packed[:-1] | packed[1:] << np.uint64(16)
    fours = pairs[:size] | pairs[2 : size + 2] << np.uint64(32)
    found = np.where(wide, pairs[:size], fours)
    valid = places + np.where(wide, _WIDE_ORDER, _ORDER) <= ends
    valid &= places - begins < LONGEST
    return found[valid], np.concatenate(([0], np.cumsum(valid)))[bounds]


def _sketches(texts: Sequence[str]) -> tuple[Keys, Index]:
    """Keys of the texts that have enough n-grams, shape (m, BANDS), and which texts they are, shape (m,)."""
    keys, rows = [np.zeros((0, BANDS), np.int64)], [np.zeros(0, np.int64)]
    for part in chunks(texts):
        grams, bounds = _grams(*_letters(texts[part]))
        enough = np.flatnonzero(np.diff(bounds) >= FEWEST)
        if len(enough):
            keys.append(_keys(grams, bounds, enough))
            rows.append(enough + part.start)
    return np.concatenate(keys), np.concatenate(rows)


def _keys(grams: Grams, bounds: Index, rows: Index) -> Keys:
    """The keys of the texts at `rows`: least hashes under all orders, hashed band by band."""
    edges = np.unique(np.concatenate((bounds[rows], bounds[rows + 1])))
    edges = edges[edges < len(grams)]
    own = np.searchsorted(edges, bounds[rows])
    hashes = (_mixed(grams) >> np.uint64(32)).astype(np.uint32)
    least = [np.minimum.reduceat(hashes * order, edges)[own] for order in _orders().ravel()]
    bands = np.array(least).reshape(BANDS, ROWS, len(rows))
    keys = np.repeat(np.arange(BANDS, dtype=np.uint64)[:, None], len(rows), axis=1)
    for row in range(ROWS):
        keys = _mixed(keys ^ bands[:, row])
    return keys.T.view(np.int64)


@cache
def _orders() -> NDArray[np.uint32]:
    """Odd factors, one an order of all hashes; shape (BANDS, ROWS)."""
    drawn = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64)) >> np.uint64(32)
    return (drawn.astype(np.uint32) | np.uint32(1)).reshape(BANDS, ROWS)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each value hashed to 64 bits (the finaliser of MurmurHash3, by Appleby)."""
    values = (values ^ values >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ values >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ values >> np.uint64(33)


def _letters(texts: Sequence[str]) -> tuple[Letters, Index]:
    """The letters of texts as UTF-16, laid end to end; those of text `i` from bound `i` to bound `i + 1`."""
    parts = [_plain(text).encode("utf-16-le", "surrogatepass") for text in texts]
    bounds = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) // 2 for part in parts], out=bounds[1:])
    units = np.frombuffer(b"".join(parts), "<u2")
    forms = _table().take(units)
    _drop_emoji(forms, units)
    forms, bounds = _kept(forms, forms != 0, bounds)
    again = np.zeros(len(forms), bool)
    again[1:] = (forms[1:] == ord("0")) & (forms[:-1] == ord("0"))
    again[bounds[:-1][bounds[:-1] < len(forms)]] = False
    return _kept(forms, ~again, bounds)


def _kept(forms: Letters, keep: NDArray[np.bool_], bounds: Index) -> tuple[Letters, Index]:
    """Some of the letters, and their bounds."""
    return forms[keep], np.concatenate(([0], np.cumsum(keep)))[bounds]


def _drop_emoji(forms: Letters, units: Letters) -> None:
    """Drop pairs of surrogates from U+1F000 to U+1FBFF, where the emoji are."""
    high = (units >= 0xD83C) & (units <= 0xD83E)
    if high.any():
        low = (units[1:] >> np.uint16(10)) == 0xDC00 >> 10
        forms[1:][high[:-1] & low] = 0
        forms[:-1][high[:-1] & low] = 0


def _plain(text: str) -> str:
    """A text without case, compatibility forms and markup; each address is an at sign."""
    text = text.casefold()
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    if not text.isascii():
        text = text.replace("™", "")
        if not unicodedata.is_normalized("NFKC", text):
            text = unicodedata.normalize("NFKC", text).casefold()
    if "<" in text or "](" in text:
        text = _MARKUP.sub(" ", text)
    if "@" in text or "://" in text or _HINT.search(text):
        text = _ADDRESS.sub(_address, text)
    return text.replace("(c)", "©")


def _address(found: re.Match[str]) -> str:
    """An at sign in place of an address; what only looks like one stays."""
    name = found["name"]
    if name is None or "@" in name or "://" in found[0] or name.startswith("www."):
        return "@"
    return "@" if name.rpartition(".")[2] in _ENDINGS else found[0]


@cache
def _table() -> Letters:
    """What becomes of each unit of UTF-16, shape (65536,): 0 is dropped."""
    return np.array([ord(_letter(chr(code)) or "\0") for code in range(1 << 16)], "<u2")


def _letter(char: str) -> str:
    """The letter that stands for a character, or none."""
    if char in _KEPT or char in _TWINS:
        return _KEPT.get(char) or _TWINS[char]
    if _DROPPED.match(char):
        return ""
    category = unicodedata.ucd_3_2_0.category(char)
    if category == "Nd":
        return "0"
    if category[0] in "ZPS" or category in ("Cc", "Cf"):
        return ""
    bare = _DROPPED.sub("", unicodedata.ucd_3_2_0.normalize("NFD", char))
    return bare if len(bare) == 1 else char
