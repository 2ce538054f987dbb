"""What a file holds: from its bytes to the documents in it.

A file of text, Markdown or HTML is one document; a feed and a file of JSON Lines hold many. Bytes of
a page that do not decode are kept as lone surrogates, which the reading of pages shows as U+FFFD and
`encode` turns back into the bytes that they were.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal, cast

import regex

from detector.document import Document, Format
from detector.errors import FormatError, InputError

#: What a file can be said to be.
FORMATS = ("auto", "text", "markdown", "html", "feed", "jsonl")
#: How many bad lines a message names; the others are counted.
TOLD = 10

_BEGIN = regex.compile(
    r"""
    (?: [\s\ufeff]++
      | <\?[^>]*+>
      | <!--.*?-->
      | <!doctype\s++(?!html\b)[^>\[]*+(?:\[(?:[^]"']++|"[^"]*+"|'[^']*+')*+\]\s*+)?+>
    )*+
    < (?: (?P<html> !doctype\s++html|html|head|body|title|meta) | rss | feed | rdf:RDF ) \b
    """,
    regex.VERBOSE | regex.IGNORECASE | regex.DOTALL,
)
_XML = regex.compile(r"[\s\ufeff]*+<\?xml\b", regex.IGNORECASE)
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DECLARED = regex.compile(
    rb"""
      <\?xml[^>]*?\sencoding\s*+=\s*+["'](?P<xml>[\w.:-]++)
    | <meta\b[^>]*?\bcharset\s*+=\s*+["']?+\s*+(?P<html>[\w.:-]++)
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
#: How far into a file its declaration of an encoding is looked for, in bytes.
_HEAD = 4096
#: How far into a text what it is, likewise.
_PROLOG = 1 << 16
#: What browsers take for what a page says (the WHATWG's table, where Python's codecs differ).
_LABELS = (
    dict.fromkeys(
        "ascii us-ascii latin1 latin-1 l1 iso-8859-1 iso8859-1 iso88591 iso_8859-1".split(), "cp1252"
    )
    | dict.fromkeys("gb2312 gbk x-gbk gb_2312-80 chinese csgb2312 cp936".split(), "gb18030")
    | dict.fromkeys("shift_jis shift-jis sjis x-sjis ms_kanji windows-31j".split(), "cp932")
    | dict.fromkeys("euc-kr euckr ks_c_5601-1987 ksc5601 korean windows-949".split(), "cp949")
    | dict.fromkeys("iso-8859-9 latin5 l5".split(), "cp1254")
    | dict.fromkeys("tis-620 iso-8859-11 dos-874 windows-874".split(), "cp874")
    | dict.fromkeys("big5 big5-hkscs x-x-big5".split(), "big5hkscs")
    | dict.fromkeys("iso-8859-8-i logical".split(), "iso8859-8")
    | dict.fromkeys("utf-16 utf-16le utf-16be unicode utf8 unicode-1-1-utf-8 x-user-defined".split(), "utf-8")
)
#: Encodings in which any bytes are text: that they decode says nothing.
_ONE_BYTE = ("cp12", "cp874", "iso8859", "koi8", "mac")
#: Codecs that a page may ask for: those of the web, none that runs escapes.
_KNOWN = regex.compile(
    r"(?:cp(?:125\d|866|874|932|949)|iso8859|koi8|mac|gb18030|big5|euc_jp|iso2022_jp$|utf-8$)"
)
_SURROGATE = regex.compile("[\ud800-\udfff]")
_LOST = regex.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file of JSON Lines: its number from 1, its object, and the text in the field."""

    number: int
    values: dict[str, Any]
    text: str


def guess(text: str) -> Literal["markdown", "html", "feed"]:
    """What a text is by how it begins; plain text is read as Markdown.

    Raises `FormatError` for XML of another sort.
    """
    if text[:1].isalnum():
        return "markdown"
    begin = text[:_PROLOG]
    if found := _BEGIN.match(begin):
        return "html" if found["html"] else "feed"
    if _XML.match(begin):
        raise FormatError(
            "This is XML, but no page and no feed: extract its text first, "
            "or pass format='text' to take it as it stands."
        )
    return "markdown"


def sort(data: bytes, name: str, format: str = "auto") -> str:
    """The format of a file: as it is said, else by the end of its name, else by how it begins."""
    if format != "auto":
        return format
    if name.lower().endswith((".jsonl", ".ndjson")):
        return "jsonl"
    mark, encoding = _marked(data)
    return guess(data[len(mark) : len(mark) + _PROLOG].decode(encoding or "latin-1", "replace"))


def documents(
    data: bytes, name: str, format: str = "auto", field: str = "text", encoding: str | None = None
) -> Iterator[Document]:
    """The documents of a file, each with its source; `field` is that of JSON Lines with the text.

    Raises `InputError` with the remedy where nothing can be read; where a part cannot, after the
    last of those that could.
    """
    kind = sort(data, name, format)
    if kind == "jsonl":
        for row in rows(data, name, field, encoding):
            yield Document(row.text, "auto", f"{name}:{row.number}")
        return
    text = decode(data, name, encoding, kind)
    if not text.strip():
        what = "only white space" if text else "nothing"
        raise InputError(f"{name} holds {what}: pass a file with text.")
    if kind == "feed":
        from detector import feed

        yield from feed.entries(text, name)
    else:
        yield Document(text, cast(Format, kind), name)


def rows(data: bytes, name: str, field: str = "text", encoding: str | None = None) -> Iterator[Row]:
    """The rows of JSON Lines; blank lines are none.

    Raises `InputError` after the last row where lines could not be read, with their numbers.
    """
    faults: list[str] = []
    blank = True
    for number, line in enumerate(_lines(data, name, encoding), 1):
        values, fault = _values(line, field)
        blank &= not line.strip()
        if fault:
            faults.append(f"line {number}: {fault}")
        elif values is not None:
            yield Row(number, values, values[field])
    if blank:
        what = "only white space" if data else "nothing"
        raise InputError(f"{name} holds {what}: pass a file with a JSON object a line.")
    if faults:
        more = [f"and {len(faults) - TOLD:,} lines more"] if len(faults) > TOLD else []
        raise InputError(f"{name} was not read whole: {'; '.join(faults[:TOLD] + more)}: mend these lines.")


def decode(data: bytes, name: str, encoding: str | None = None, format: str = "auto") -> str:
    """Bytes as text, without the byte order mark; `name` is for messages.

    In this order: `encoding`, a byte order mark, what a page or feed declares, UTF-8. Text that does
    not decode raises `InputError` with the place and the remedy; of a page or feed, bytes that do
    not decode become lone surrogates, which `lost` counts.
    """
    mark, codec = _codec(data, name, encoding, format)
    lenient = sort(data, name, format) in ("html", "feed")
    try:
        return data[len(mark) :].decode(codec, "surrogateescape" if lenient else "strict")
    except UnicodeDecodeError as error:
        at = error.start + len(mark)
        raise InputError(
            f"{name} is not {codec.upper()} (byte {data[at]:#04x} at place {at}): "
            "save it as UTF-8, or name its encoding, for example --encoding cp1252."
        ) from error


def encode(text: str, data: bytes, name: str, encoding: str | None = None, format: str = "auto") -> bytes:
    """Text as bytes, in the encoding that `decode` found for `data`, with its byte order mark.

    A character that the encoding lacks becomes a character reference.
    """
    mark, codec = _codec(data, name, encoding, format)
    try:
        return mark + text.encode(codec, "surrogateescape")
    except UnicodeEncodeError:
        readable: str = _SURROGATE.sub("\ufffd", text)
        return mark + readable.encode(codec, "xmlcharrefreplace")


def lost(text: str) -> int:
    """How many bytes of a page did not decode."""
    return len(_LOST.findall(text))


def _codec(data: bytes, name: str, encoding: str | None, format: str) -> tuple[bytes, str]:
    """The byte order mark and the codec of a file."""
    mark, marked = _marked(data)
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError as error:
            raise InputError(f"Unknown encoding {encoding!r}: try utf-8, cp1252 or gb18030.") from error
        if not marked or codecs.lookup(encoding).name != marked:
            return b"", encoding
    if marked:
        return mark, marked
    declared = _declared(data) if sort(data, name, format) in ("html", "feed") else "utf-8"
    return b"", "utf-8" if declared.startswith(_ONE_BYTE) and _is_utf8(data) else declared


def _marked(data: bytes) -> tuple[bytes, str | None]:
    """The byte order mark, and the codec that it stands for."""
    for mark in sorted(_MARKS, key=len, reverse=True):
        if data.startswith(mark):
            return mark, _MARKS[mark]
    return b"", None


def _declared(data: bytes) -> str:
    """The codec that the head of a page or feed declares, UTF-8 where it names none that we know."""
    found = _DECLARED.search(data[:_HEAD])
    label = (found["xml"] or found["html"]).decode("ascii", "replace").lower() if found else ""
    try:
        codec = codecs.lookup(_LABELS.get(label, label)).name
    except LookupError:
        return "utf-8"
    return codec if _KNOWN.match(codec) else "utf-8"


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8 and more than ASCII, which no other text is by chance."""
    try:
        return not data.isascii() and bool(data.decode())
    except UnicodeDecodeError:
        return False


def _lines(data: bytes, name: str, encoding: str | None) -> Iterator[bytes]:
    """Lines as UTF-8."""
    if encoding is None and not _marked(data)[1]:
        return iter(BytesIO(data))
    return iter(BytesIO(decode(data, name, encoding, "jsonl").encode()))


def _values(line: bytes, field: str) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, None for a blank one, and what is wrong with it."""
    try:
        text = line.decode()
        values = json.loads(text) if text.strip() else None
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return None, f"not JSON ({error})"
    if values is not None and not (isinstance(values, dict) and isinstance(values.get(field), str)):
        return None, f"no text in field {field!r}"
    return values, ""
