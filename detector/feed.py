"""Reading a feed: each entry of an RSS, Atom or RDF feed is a document, its title above its content."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import regex

from detector import page
from detector.document import Document
from detector.errors import DetectorError, InputError
from detector.formats import lost

try:
    import feedparser
except ImportError as error:
    raise DetectorError(
        "Reading feeds needs feedparser: run `pip install 'disclaimer-detector[html]'`."
    ) from error

#: A document type may declare entities that grow without end; a feed needs none.
_DOCTYPE = regex.compile(
    r"""<!DOCTYPE\b[^>\[]*+(?:\[(?:[^]"']++|"[^"]*+"|'[^']*+')*+]\s*+)?+>""", regex.IGNORECASE
)
#: Said before the text, this is taken above what the text says of its encoding.
_UTF_8 = {"content-type": "application/xml; charset=utf-8"}


def entries(text: str, name: str) -> Iterator[Document]:
    """The entries of a feed; the source of each is `name`, # and its id, else its number from 1.

    Raises `InputError` where there are none, and after the last one where the feed is broken: what
    follows the break may be missing.
    """
    clean = _DOCTYPE.sub("", page.readable(text), count=1)
    # A string could be taken for an address or a file name; a file cannot.
    read = feedparser.parse(
        BytesIO(clean.encode()), response_headers=_UTF_8, sanitize_html=False, resolve_relative_uris=False
    )
    faults = [f"{read.bozo_exception}"] if read.bozo else []
    if not read.entries:
        why = f" ({faults[0]})" if faults else ""
        raise InputError(f"{name} has no entry that can be read{why}: check that it is an RSS or Atom feed.")
    for number, entry in enumerate(read.entries, 1):
        yield Document(_text(entry), "text", f"{name}#{entry.get('id') or number}")
    if count := lost(text):
        faults.append(f"{count:,} bytes are not in its encoding")
    if faults:
        raise InputError(f"{name} may not have been read whole: {'; '.join(faults)}: mend the feed.")


def _text(entry: Any) -> str:
    """Title and content of an entry as text; the summary where there is no content."""
    content = [*entry.get("content", ()), entry.get("summary_detail", {})]
    parts = (_plain(entry.get("title_detail", {})), _plain(content[0]))
    return "\n\n".join(part for part in parts if part)


def _plain(detail: Any) -> str:
    """The text of a part of an entry, which may be HTML."""
    value: str = detail.get("value", "")
    return page.read(value).text if "html" in detail.get("type", "") else value.strip()
