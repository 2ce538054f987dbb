"""Verdicts on many texts at once: in full for the few that may hold a notice, in an array for all others.

Most paragraphs are plainly no notice, and one pass over their characters shows it (`measures`). Only
the others are analysed. The verdict on every row is that of `Detector.analyze`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector import languages, verdicts
from detector.detection import Detector, checked_format
from detector.document import Document, Label, Report
from detector.errors import DetectorError
from detector.measures import Measures, chosen, measure
from detector.model import probability

#: Texts that are analysed together: bounds memory.
TOGETHER = 512


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What `judge` found: `scores` has shape (n,), NaN where a row is at fault.

    `reports` holds, by row, the report of every text that is not editorial from end to end; `faults`
    says, by row, why a text could not be judged. Every row in neither is editorial, with no spans.
    """

    scores: NDArray[np.float32]
    reports: Mapping[int, Report]
    faults: Mapping[int, str]


def judge(detector: Detector, texts: Sequence[str | None], format: str = "auto") -> Verdicts:
    """Judge texts as `Detector.analyze` does, a report or none a row. None is a fault."""
    faults = {i: "no text" for i, text in enumerate(texts) if text is None}
    limit = verdicts.cut(detector.model, detector.limits)
    found = measure(detector.model, [text or "" for text in texts], limit)
    return judge_measured(detector, texts, found, faults, format)


def judge_measured(
    detector: Detector,
    texts: Sequence[str | None],
    found: Measures,
    faults: Mapping[int, str],
    format: str = "auto",
) -> Verdicts:
    """Judge texts of which all is measured; only those are looked at that may hold a notice."""
    model, known = detector.model, checked_format(format)
    scores = probability(model.logits(found.sums, found.sizes))
    scores[list(faults)] = np.nan
    faults = dict(faults)
    reports: dict[int, Report] = {}
    doubtful = _doubtful(detector, found) if format != "html" else np.ones(len(texts), np.bool_)
    doubtful[list(faults)] = False
    rows = np.flatnonzero(doubtful).tolist()
    for at in range(0, len(rows), TOGETHER):
        group = {row: Document(texts[row] or "", known) for row in rows[at : at + TOGETHER]}
        for row, report in _analyzed(detector, group, chosen(found, list(group))):
            if isinstance(report, DetectorError):
                faults[row], scores[row] = str(report), np.nan
                continue
            if report.text is not group[row].text:  # a page: what its reader sees
                scores[row] = detector.score(report.text)
            if label(report) != "editorial" or report.notices or report.dropped:
                reports[row] = report
    return Verdicts(scores, reports, faults)


def label(report: Report) -> Label:
    """The label of a whole text: that of its segments where they agree, chrome left aside; else editorial."""
    labels = {segment.label for segment in report.segments}
    telling = labels - {"chrome"} or labels
    return telling.pop() if len(telling) == 1 else "editorial"


def kinds(report: Report) -> tuple[str, ...]:
    """The kinds of all notices of a text, each once, in the order of the text."""
    return tuple(dict.fromkeys(kind for notice in report.notices for kind in notice.kinds))


def _doubtful(detector: Detector, found: Measures) -> NDArray[np.bool_]:
    """Which texts may be anything but one editorial paragraph."""
    model, limits = detector.model, detector.limits
    notice = probability(model.logits(found.sums, found.sizes)).astype(np.float64)
    furniture = probability(model.chrome_logits(found.chrome, found.sizes)).astype(np.float64)
    chrome = (1 - notice) * furniture >= limits.chrome
    foreign = languages.unknown(found.words, found.known)
    doubtful = verdicts.suspects(model, limits, found) | chrome | foreign | (found.plain == 0)
    return np.asarray(doubtful)


def _analyzed(
    detector: Detector, documents: Mapping[int, Document], found: Measures
) -> Iterator[tuple[int, Report | DetectorError]]:
    """The report of each document, or what is wrong with it."""
    try:
        yield from zip(documents, detector.analyze_measured(list(documents.values()), found), strict=True)
    except DetectorError:
        for row, document in documents.items():
            try:
                yield row, detector.analyze(document)
            except DetectorError as error:
                yield row, error
