"""The detector: from a text to its report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from detector import evidence, formats, verdicts
from detector.document import Document, Format, Label, Report, ScoredSegment, Segment
from detector.errors import FormatError, InputError, ModelError
from detector.evidence import Explanation
from detector.measures import Measures, chosen
from detector.model import POINTS, SHIPPED, Model, load, probability
from detector.segmentation import segment

if TYPE_CHECKING:
    from detector.estimator import NoticeClassifier

_FORMATS = ("auto", "text", "markdown", "html")
#: What `strip` may leave out.
DROPPABLE: tuple[Label, ...] = ("notice", "chrome")
#: A text is a legal page when it has this many segments and this share of its characters is notice.
LEGAL_PAGE = (3, 0.9)


class Detector:
    """A loaded model and what it can do. Holds no state between calls; safe to share by threads.

    `point` is the operating point: "strict" loses least of the story, "eager" finds most notices.
    `source` is the file of the model, if it has one.
    """

    def __init__(self, model: Model, point: str = "balanced", source: Path | None = None) -> None:
        if point not in POINTS:
            raise InputError(f"Unknown operating point {point!r}: use one of {', '.join(POINTS)}.")
        self.model, self.point, self.source = model, point, source
        self.limits = model.points[point]

    @classmethod
    def load(cls, path: str | Path | None = None, point: str = "balanced") -> Detector:
        """A detector with the shipped model, or with the model file at `path`.

        Raises `ModelError` where the file is missing, damaged or foreign, `InputError` for an
        unknown operating point.
        """
        return cls(load(path), point, Path(path or SHIPPED).resolve())

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickled, a detector is the place and name of its model: each process loads that once."""
        if self.source is None:
            return super().__reduce__()
        source = None if self.source == SHIPPED.resolve() else self.source
        return _arrived, (source, self.point, self.model.name)

    @overload
    def score(self, text: str) -> float: ...  # type: ignore[overload-overlap]
    @overload
    def score(self, text: Iterable[str]) -> NDArray[np.float32]: ...
    def score(self, text: str | Iterable[str]) -> float | NDArray[np.float32]:
        """Calibrated probability, 0 to 1, that a paragraph is a notice.

        One string gives a float; several give an array of shape (n,), float32. Raises `InputError`
        for anything that is not text.
        """
        if isinstance(text, str):
            return float(probability(evidence.text_logits(self.model, [text]))[0])
        texts = _texts(text)
        return probability(evidence.text_logits(self.model, texts))

    def analyze(self, text: str | Document, format: str = "auto") -> Report:
        """Segment a text and judge every segment.

        `format` is "auto", "text", "markdown" or "html"; "auto" sees by how it begins whether a text is
        HTML. The report on a page is on its visible text. Raises `InputError` for anything that is not
        text, `FormatError` for an unknown format and, in "auto", for a feed and other XML, and
        `DetectorError` where lxml is missing for a page.
        """
        return self.analyze_all([text], format)[0]

    def analyze_all(self, texts: Iterable[str | Document], format: str = "auto") -> list[Report]:
        """`analyze` for many texts in one pass: the same reports, sooner."""
        documents = [
            text if isinstance(text, Document) else Document(_text(text), checked_format(format))
            for text in texts
        ]
        return self.analyze_measured(documents)

    def analyze_measured(self, documents: Sequence[Document], found: Measures | None = None) -> list[Report]:
        """`analyze_all`, where `found` may tell what was measured of the texts, with `verdicts.cut`."""
        read = [_read(document) for document in documents]
        known = None
        if found:
            both = zip(documents, read, strict=True)
            whole = [i for i, (given, (_, own)) in enumerate(both) if [s.text for s in own] == [given.text]]
            known = whole, chosen(found, whole)
        judged = verdicts.judge(self.model, self.limits, [segments for _, segments in read], known)
        return [
            Report(text, segments, _is_legal_page(segments), self.model.name)
            for (text, _), segments in zip(read, judged, strict=True)
        ]

    def strip(self, text: str | Document, drop: Sequence[str] = DROPPABLE, format: str = "auto") -> str:
        """The editorial text: `text` without what is labelled in `drop`, else as it was.

        A page that is itself a legal page is returned whole. Raises as `analyze` does, and
        `InputError` for a label that cannot be dropped.
        """
        return with_drop(self.analyze(text, format), drop).editorial_text

    def strip_html(self, html: str, drop: Sequence[str] = DROPPABLE, mark: bool = False) -> str:
        """The page without the elements of what is labelled in `drop`, else as it was to the character.

        With `mark` they stay, in `<aside class="notice" data-kinds="…">`; class and data-kinds stand on
        the element itself where no aside may stand, and on a `<span>` for a sentence. A page that is
        itself a legal page is returned whole. Raises as `strip` does.
        """
        report = with_drop(self.analyze(html, "html"), drop)
        from detector import removal  # needs lxml

        return removal.marked(html, report) if mark else removal.stripped(html, report)

    def explain(self, text: str) -> Explanation:
        """What every character and word of one paragraph adds to its score."""
        return evidence.explain(self.model, _text(text))

    def kinds(self, text: str) -> tuple[str, ...]:
        """The kinds of a paragraph taken to be a notice, most probable first; at least one."""
        return verdicts.name_kinds(self.model, self.limits, [_text(text)])[0]

    def to_sklearn(self) -> NoticeClassifier:
        """A fitted scikit-learn classifier with the scores of this model. Needs scikit-learn."""
        from detector.estimator import NoticeClassifier

        return NoticeClassifier(self)


@cache
def loaded(path: str | Path | None = None, point: str = "balanced") -> Detector:
    """`Detector.load`, once a process for each file and operating point."""
    return Detector.load(path, point)


def _arrived(source: Path | None, point: str, name: str) -> Detector:
    """A detector that was pickled elsewhere. Raises `ModelError` where its file holds another model."""
    detector = loaded(source, point)
    if detector.model.name != name:
        raise ModelError(
            f"{source or 'The shipped model'} is {detector.model.name} here, not {name}: "
            "install the same release of disclaimer-detector, or the same file, on every machine."
        )
    return detector


def with_drop(report: Report, drop: Sequence[str]) -> Report:
    """The same report with other labels left out of its editorial text."""
    labels = tuple(label for label in DROPPABLE if label in drop)
    unknown = sorted(set(drop) - set(DROPPABLE))
    if unknown or isinstance(drop, str):
        raise InputError(f"Cannot drop {drop!r}: drop takes any of {', '.join(DROPPABLE)}.")
    return replace(report, drop=labels)


def _is_legal_page(segments: Sequence[ScoredSegment]) -> bool:
    count, share = LEGAL_PAGE
    if len(segments) < count:
        return False
    length = sum(len(s.text) for s in segments)
    notice = sum(len(s.text) for s in segments if s.label == "notice")
    return notice >= share * length


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    remedy = "decode it first" if isinstance(value, bytes | bytearray) else "pass a str"
    raise InputError(f"Expected text, got {type(value).__name__}: {remedy}.")


def _texts(values: Any) -> list[str]:
    if isinstance(values, bytes | bytearray) or not hasattr(values, "__iter__"):
        _text(values)
    texts = list(values)
    for i, value in enumerate(texts):
        if not isinstance(value, str):
            raise InputError(f"Expected text at index {i}, got {type(value).__name__}: pass a str.")
    return texts


def checked_format(name: str) -> Any:
    """The name of a format that `analyze` takes. Raises `FormatError` for another."""
    if name not in _FORMATS:
        raise FormatError(f"Unknown format {name!r}: use one of {', '.join(_FORMATS)}.")
    return name


def _read(document: Document) -> tuple[str, tuple[Segment, ...]]:
    """The text of a document as its reader sees it, and its segments."""
    format = _resolve(document)
    if format == "html":
        from detector import page  # needs lxml

        read = page.read(document.text)
        return read.text, read.segments
    return document.text, segment(document.text, format)


def _resolve(document: Document) -> Format:
    """The format of a document, guessed from how it begins where it says "auto"."""
    _text(document.text)
    format: Format | Literal["auto", "feed"] = checked_format(document.format)
    if format == "auto":
        format = formats.guess(document.text)
    if format == "feed":
        raise FormatError(
            "This is a feed, which holds many documents: read it by `detector analyze FILE` or "
            "detector.formats.documents, or pass format='text' to take it as it stands."
        )
    return format
