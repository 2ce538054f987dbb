"""What the detector says of articles, as it is kept. Nothing here touches the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from detector import Detector, Document, Report, ScoredSegment, Span, families, formats, languages
from detector.ngrams import fold
from web.data.columns import canonical

#: The language is told by the beginning of a text: so many characters.
BEGINNING = 500
#: How many words are kept of why a segment scored as it did, and from which probability on they are.
WORDS, WORTH = 6, 0.05


#: Start, end and weight of the words that weighed most.
Evidence: TypeAlias = tuple[tuple[int, int, float], ...]
Explain: TypeAlias = Callable[[str], Evidence]


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article as it comes in. Without a key, its key is made of its text."""

    text: str
    key: str | None = None
    format: str = "auto"
    title: str | None = None
    url: str | None = None
    known: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of all that came in, or, when it is read anew, `known`: that of then."""
        if self.known is not None:
            return self.known
        told = canonical([self.format, self.text, self.title, self.url])
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def name(self) -> str:
        """Its key, or the one made of its text."""
        return self.key or hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Unit(NamedTuple):
    """What gets a verdict: a segment, or with form "span" a notice in the unit number `parent`.

    `evidence` has `(start, end, weight)` of the words that weighed most, in characters of `text`.
    """

    start: int
    end: int
    text: str
    form: str
    label: str
    score: float
    chrome: float
    kinds: tuple[str, ...]
    fingerprint: str
    evidence: Evidence | None = None
    parent: int | None = None
    xpath: str | None = None
    line: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """An analysed article: `text` is what its reader sees."""

    incoming: Incoming
    format: str
    text: str
    language: str | None
    model: str
    legal_page: bool
    units: tuple[Unit, ...]


def explainer(detector: Detector) -> Explain:
    """Why a text scored as it did, found once for texts that repeat."""
    return lru_cache(maxsize=4096)(lambda text: _evidence(detector, text))


def read(detector: Detector, articles: Sequence[Incoming], explain: Explain) -> list[Reading]:
    """Analyse articles in one pass. Raises `DetectorError` where one cannot be read."""
    sorts = [_format(article) for article in articles]
    documents = [Document(a.text, sort) for a, sort in zip(articles, sorts, strict=True)]
    reports = detector.analyze_all(documents)
    pieces = [list(_pieces(report)) for report in reports]
    prints = _fingerprints([piece.text for listed in pieces for piece, _ in listed])
    tongues = told_languages(detector, [report.text for report in reports])
    return [
        Reading(
            article,
            sort,
            report.text,
            language,
            report.model,
            report.legal_page,
            tuple(_unit(piece, parent, prints[piece.text], language, explain) for piece, parent in listed),
        )
        for article, sort, report, language, listed in zip(
            articles, sorts, reports, tongues, pieces, strict=True
        )
    ]


def told_languages(detector: Detector, texts: Sequence[str]) -> list[str | None]:
    """The language of the model that knows most words of each text; None where none knows enough."""
    if not texts:
        return []
    model = detector.model
    total, counts = languages.knowledge(model, fold([text[:BEGINNING] for text in texts], model.symbols))
    best = counts.argmax(axis=1)
    sure = counts.max(axis=1) >= languages.KNOWN * np.maximum(total, 1)
    return [
        model.languages[i] if told else None for i, told in zip(best.tolist(), sure.tolist(), strict=True)
    ]


def _fingerprints(texts: Iterable[str]) -> dict[str, str]:
    """The fingerprint of each text."""
    different = list(dict.fromkeys(texts))
    return dict(zip(different, families.fingerprints(different), strict=True))


def _format(article: Incoming) -> Any:
    return formats.guess(article.text) if article.format == "auto" else article.format


def _pieces(report: Report) -> Iterator[tuple[ScoredSegment | Span, int | None]]:
    """Segments in order, the notices inside each after it with its number."""
    number = 0
    for segment in report.segments:
        yield segment, None
        yield from ((span, number) for span in segment.spans)
        number += 1 + len(segment.spans)


def _unit(
    piece: ScoredSegment | Span, parent: int | None, fingerprint: str, language: str | None, explain: Explain
) -> Unit:
    if isinstance(piece, Span):
        evidence = explain(piece.text)
        told = ("span", "notice", piece.score, 0.0, piece.kinds, fingerprint, evidence, parent, None, None)
        return Unit(piece.start, piece.end, piece.text, *told, language)
    label, score, place = piece.label, float(piece.score), piece.place
    asked = label != "editorial" or score >= WORTH
    return Unit(
        piece.start,
        piece.end,
        piece.text,
        piece.form,
        label,
        score,
        float(piece.probabilities["chrome"]),
        piece.kinds,
        fingerprint,
        explain(piece.text) if asked else None,
        parent,
        place.xpath if place else None,
        place.line if place else None,
        language,
    )


def _evidence(detector: Detector, text: str) -> Evidence:
    words: Iterable[Any] = detector.explain(text).top(WORDS)
    return tuple((word.start, word.end, round(word.weight, 3)) for word in words)
