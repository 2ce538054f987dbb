"""The detector: from a text to its report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from detector import evidence, languages
from detector.document import Document, Format, Label, Report, ScoredSegment, Segment, Span
from detector.errors import FormatError, InputError
from detector.evidence import Explanation
from detector.model import POINTS, Logits, Model, load, probability
from detector.neighbourhood import QUOTED, furniture_shifts, shifts
from detector.segmentation import segment, sentences

if TYPE_CHECKING:
    from detector.estimator import NoticeClassifier

_FORMATS = ("auto", "text", "markdown")
#: What `strip` may leave out.
DROPPABLE: tuple[Label, ...] = ("notice", "chrome")
#: A text is a legal page when it has this many segments and this share of its characters is notice.
LEGAL_PAGE = (3, 0.9)
#: A story whose sentences have a mean probability below this is calm: a notice in it stands out.
CALM = 0.1
#: A sentence below this probability is story: a segment keeps it when most of the segment is such.
STORY = 0.2


class Detector:
    """A loaded model and what it can do. Holds no state between calls; safe to share by threads.

    `point` is the operating point: "strict" loses least of the story, "eager" finds most notices.
    """

    def __init__(self, model: Model, point: str = "balanced") -> None:
        if point not in POINTS:
            raise InputError(f"Unknown operating point {point!r}: use one of {', '.join(POINTS)}.")
        self.model = model
        self.limits = model.points[point]

    @classmethod
    def load(cls, path: str | Path | None = None, point: str = "balanced") -> Detector:
        """A detector with the shipped model, or with the model file at `path`.

        Raises `ModelError` where the file is missing, damaged or foreign, `InputError` for an
        unknown operating point.
        """
        return cls(load(path), point)

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

        `format` is "auto", "text" or "markdown". Raises `InputError` for anything that is not text,
        `FormatError` for an unknown format and, in "auto", for HTML.
        """
        document = text if isinstance(text, Document) else Document(_text(text), _format(format))
        segments = segment(document.text, _resolve(document))
        scored = self._judge(segments)
        return Report(document.text, scored, _is_legal_page(scored), self.model.name)

    def strip(self, text: str | Document, drop: Sequence[str] = DROPPABLE, format: str = "auto") -> str:
        """The editorial text: `text` without what is labelled in `drop`, else as it was.

        A page that is itself a legal page is returned whole. Raises as `analyze` does, and
        `InputError` for a label that cannot be dropped.
        """
        return with_drop(self.analyze(text, format), drop).editorial_text

    def explain(self, text: str) -> Explanation:
        """What every character and word of one paragraph adds to its score."""
        return evidence.explain(self.model, _text(text))

    def kinds(self, text: str) -> tuple[str, ...]:
        """The kinds of a paragraph taken to be a notice, most probable first; at least one."""
        return self._kinds(_text(text))

    def to_sklearn(self) -> NoticeClassifier:
        """A fitted scikit-learn classifier with the scores of this model. Needs scikit-learn."""
        from detector.estimator import NoticeClassifier

        return NoticeClassifier(self)

    def _judge(self, segments: Sequence[Segment]) -> tuple[ScoredSegment, ...]:
        if not segments:
            return ()
        texts = [s.text for s in segments]
        cuts = [sentences(text) for text in texts]
        whole, by_sentence = evidence.sentence_logits(
            self.model, texts, [[start for start, _ in cut] for cut in cuts]
        )
        chrome = evidence.detail_logits(self.model, texts)[:, 0]
        limits, forms = self.limits, [s.form for s in segments]
        around = shifts((probability(whole) >= limits.notice).tolist(), forms)
        chrome += furniture_shifts((probability(chrome) >= limits.chrome).tolist(), forms)
        foreign = self._foreign(texts)
        return tuple(
            self._verdict(s, cuts[i], whole[i], around[i], by_sentence[i], chrome[i], foreign[i])
            for i, s in enumerate(segments)
        )

    def _foreign(self, texts: Sequence[str]) -> list[bool]:
        """Which segments are in no language of the model; those too short to tell go with the text."""
        counts = languages.count(self.model, texts)
        alone, together = counts.unknown(), bool(counts.pooled().unknown()[0])
        return [
            bool(a) if n >= languages.FEWEST else together for a, n in zip(alone, counts.total, strict=True)
        ]

    def _verdict(
        self,
        segment: Segment,
        cuts: list[tuple[int, int]],
        logit: float,
        shift: float,
        by_sentence: Logits,
        furniture: float,
        foreign: bool,
    ) -> ScoredSegment:
        limits = self.limits
        alone, among, rest = probability(np.array([logit, logit + shift, furniture])).tolist()
        sentence = probability(by_sentence)
        length = sum(end - start for start, end in cuts)
        story = sum(end - start for (start, end), p in zip(cuts, sentence, strict=False) if p < STORY)
        chrome = (1 - alone) * rest
        label: Label = "editorial"
        if foreign:
            label = "unsure"
        elif among >= limits.notice and story <= length / 2:
            label = "notice"
        elif among < limits.notice and chrome >= limits.chrome:
            label = "chrome"
        spanned = label == "editorial" and len(cuts) > 1 and shift > -QUOTED
        return ScoredSegment(
            segment.start,
            segment.end,
            segment.text,
            segment.form,
            label=label,
            score=alone,
            probabilities={"notice": alone, "chrome": chrome, "editorial": 1 - alone - chrome},
            kinds=self._kinds(segment.text) if label == "notice" else (),
            spans=self._spans(segment, cuts, sentence) if spanned else (),
        )

    def _spans(
        self, segment: Segment, cuts: list[tuple[int, int]], scores: NDArray[np.float32]
    ) -> tuple[Span, ...]:
        """Sentences that are notices, neighbours joined: sure ones, and likely ones amid a calm story."""
        limits = self.limits
        story = scores[scores < limits.notice]
        calm = len(story) > 0 and story.mean() < CALM
        runs: list[tuple[int, int, float]] = []
        for i, ((start, end), p) in enumerate(zip(cuts, scores, strict=False)):
            if p < (limits.notice if calm else limits.span):
                continue
            if runs and i and runs[-1][1] == cuts[i - 1][1]:
                runs[-1] = (runs[-1][0], end, max(runs[-1][2], float(p)))
            else:
                runs.append((start, end, float(p)))
        return tuple(
            Span(segment.start + start, segment.start + end, text, p, self._kinds(text))
            for start, end, p in runs
            for text in [segment.text[start:end]]
        )

    def _kinds(self, text: str) -> tuple[str, ...]:
        """The kinds above the threshold, most probable first; at least one."""
        p = evidence.kind_probabilities(self.model, text)
        order = np.argsort(-p, kind="stable")
        count = max(1, int((p >= self.limits.kind).sum()))
        return tuple(self.model.kinds[i] for i in order[:count])


def with_drop(report: Report, drop: Sequence[str]) -> Report:
    """The same report with other labels left out of its editorial text."""
    labels = tuple(label for label in DROPPABLE if label in drop)
    unknown = sorted(set(drop) - set(DROPPABLE))
    if unknown or isinstance(drop, str):
        raise InputError(f"Cannot drop {drop!r}: drop takes any of {', '.join(DROPPABLE)}.")
    return replace(report, drop=labels)


def _is_legal_page(segments: Sequence[ScoredSegment]) -> bool:
    count, share = LEGAL_PAGE
    length = sum(len(s.text) for s in segments)
    notice = sum(len(s.text) for s in segments if s.label == "notice")
    return len(segments) >= count and notice >= share * length


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


def _format(name: str) -> Any:
    if name not in _FORMATS:
        raise FormatError(f"Unknown format {name!r}: use one of {', '.join(_FORMATS)}.")
    return name


def _resolve(document: Document) -> Format:
    """The format of a document, guessed from how it begins where it says "auto"."""
    _text(document.text)
    format = _format(document.format)
    if format != "auto":
        return "markdown" if format == "markdown" else "text"
    begin = document.text[:1024].lstrip("\ufeff \t\r\n").lower()
    if begin.startswith(("<!doctype html", "<html", "<?xml", "<body", "<head")):
        raise FormatError(
            "This is HTML or XML, which is not read yet: extract its text first, "
            "or pass format='text' to take it as it stands."
        )
    return "markdown"
