"""trafilatura's text without the notices that it keeps, for those who extract with it already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import detector as shipped
from detector.detection import DROPPABLE, Detector, with_drop
from detector.document import Document, Report
from detector.errors import DetectorError, FormatError

try:
    import trafilatura
except ImportError as error:
    raise DetectorError("Needs trafilatura: run `pip install 'disclaimer-detector[trafilatura]'`.") from error

_FORMATS = ("txt", "markdown")
#: The lines above the text that trafilatura writes with these options.
_HEADER = re.compile(r"---\n(?:\w+: .*\n)*---\n")
_HEADED = ("with_metadata", "only_with_metadata", "url_blacklist", "author_blacklist")


def extract(
    html: Any, *, drop: Sequence[str] = DROPPABLE, detector: Detector | None = None, **options: Any
) -> str | None:
    """`trafilatura.extract` without what is labelled in `drop`; None where it finds no text.

    `html` and `options` are trafilatura's own; a header of metadata stays as it is. Raises
    `FormatError` for an output format other than "txt" and "markdown", `InputError` for a label
    that cannot be dropped.
    """
    header, report = _read(html, detector, options)
    return None if report is None else header + with_drop(report, drop).editorial_text


def analyze(html: Any, *, detector: Detector | None = None, **options: Any) -> Report | None:
    """The report on what `trafilatura.extract` gives; None where it finds no text.

    Offsets are characters of `report.text`: the extracted text below a header of metadata. Raises
    `FormatError` as `extract` does.
    """
    return _read(html, detector, options)[1]


def _read(html: Any, detector: Detector | None, options: Mapping[str, Any]) -> tuple[str, Report | None]:
    given = options.get("options")  # an Extractor, which overrules the others
    name = getattr(given, "format", options.get("output_format", "txt"))
    if name not in _FORMATS:
        raise FormatError(f"Notices cannot be cut out of {name!r}: pass output_format='txt' or 'markdown'.")
    text = trafilatura.extract(html, **options)
    if text is None:
        return "", None
    headed = getattr(given, "with_metadata", any(options.get(option) for option in _HEADED))
    header = _HEADER.match(text) if headed else None
    start = header.end() if header else 0
    return text[:start], (detector or shipped).analyze(Document(text[start:], "text"))
