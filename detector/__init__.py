"""Tell the notices in an article from its story, in many languages.

    import detector
    detector.score("This is not investment advice.")   # probability that a paragraph is a notice
    report = detector.analyze(article)                 # segments with labels, kinds and spans
    story = detector.strip(article)                    # the article without notices and chrome

These use the model that ships with the package, loaded at the first call; `Detector.load(path)`
takes another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from detector.detection import Detector, loaded
from detector.document import Document, Place, Report, ScoredSegment, Segment, Span
from detector.errors import DetectorError, FormatError, InputError, ModelError
from detector.evidence import Explanation, Word

__version__ = "0.1.0"
__all__ = [
    "Detector",
    "DetectorError",
    "Document",
    "Explanation",
    "FormatError",
    "InputError",
    "ModelError",
    "Place",
    "Report",
    "ScoredSegment",
    "Segment",
    "Span",
    "Word",
    "analyze",
    "explain",
    "score",
    "strip",
    "strip_html",
]


@overload
def score(text: str) -> float: ...  # type: ignore[overload-overlap]
@overload
def score(text: Iterable[str]) -> NDArray[np.float32]: ...
def score(text: str | Iterable[str]) -> float | NDArray[np.float32]:
    """`Detector.score` with the shipped model."""
    return loaded().score(text)


def analyze(text: str | Document, format: str = "auto") -> Report:
    """`Detector.analyze` with the shipped model."""
    return loaded().analyze(text, format)


def strip(text: str | Document, drop: Sequence[str] = ("notice", "chrome"), format: str = "auto") -> str:
    """`Detector.strip` with the shipped model."""
    return loaded().strip(text, drop, format)


def strip_html(page: str, drop: Sequence[str] = ("notice", "chrome"), mark: bool = False) -> str:
    """`Detector.strip_html` with the shipped model."""
    return loaded().strip_html(page, drop, mark)


def explain(text: str) -> Explanation:
    """`Detector.explain` with the shipped model."""
    return loaded().explain(text)
