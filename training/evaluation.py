"""What a model finds and what it costs: on held-out families, and on labelled text from outside."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.detection import Detector
from detector.document import Document
from detector.evidence import text_logits
from detector.model import probability
from training import metrics
from training.corpus import KINDS, CorpusError
from training.fitting import Fit

#: False-positive rates that recall is told at.
RATES = (1e-2, 1e-3)


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled paragraph from outside. `part` says what sort of text it is, for false positives."""

    text: str
    label: str
    kinds: tuple[str, ...]
    language: str
    part: str


@dataclass(frozen=True, slots=True)
class Article:
    """A labelled text from outside: `spans` holds start, end, label, whether inside a paragraph."""

    text: str
    language: str
    format: str
    spans: tuple[tuple[int, int, str, bool], ...]


def read_sets(paths: Iterable[Path]) -> tuple[list[Row], list[Article]]:
    """Labelled paragraphs and articles from JSON Lines files, plain or .gz, or folders of them.

    A row with "spans" is an article. Raises `CorpusError` naming file and line.
    """
    rows: list[Row] = []
    articles: list[Article] = []
    for path in [file for given in paths for file in _files(given)]:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    articles.append(_article(row)) if "spans" in row else rows.append(_row(row))
                except (ValueError, KeyError, TypeError) as error:
                    raise CorpusError(f"{path}:{number}: not a labelled row ({error!r}).") from error
    return rows, articles


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.name.endswith((".jsonl", ".jsonl.gz")))
    if not path.is_file():
        raise CorpusError(f"{path} does not exist: name a JSON Lines file or a folder of them.")
    return [path]


def _row(row: dict[str, Any]) -> Row:
    part = row.get("part", row["label"])
    return Row(row["text"], row["label"], tuple(row.get("kinds", ())), row["lang"], part)


def _article(row: dict[str, Any]) -> Article:
    spans = ((s["start"], s["end"], s["label"], bool(s.get("inline"))) for s in row["spans"])
    return Article(row["text"], row["lang"], row["format"], tuple(spans))


def held_out(fit: Fit) -> dict[str, float]:
    """Measures on the corpus, each example scored by a model that saw none of its family."""
    label = np.array([example.label for example in fit.examples])
    hard = np.array([example.hard for example in fit.examples])
    notice = label == "notice"
    limits = fit.model.thresholds
    called = fit.notice >= limits.notice
    kinds = np.array([[k in e.kinds for k in KINDS] for e in fit.examples])[notice]
    found = fit.kinds[notice] >= limits.kind
    return {
        "average_precision": metrics.average_precision(notice, fit.notice),
        "calibration_error": metrics.calibration_error(notice, fit.notice),
        **{f"recall_at_{rate:g}": metrics.recall_at(notice, fit.notice, rate) for rate in RATES},
        "recall": _share(called[notice]),
        "false_positives_plain": _share(called[(label == "editorial") & ~hard]),
        "false_positives_hard": _share(called[hard]),
        "chrome_called_notice": _share(called[label == "chrome"]),
        "chrome_average_precision": metrics.average_precision(
            label == "chrome", (1 - fit.notice) * fit.chrome
        ),
        "kinds_f1": metrics.f1((kinds & found).sum(), found.sum(), kinds.sum()),
    }


def outside(judge: Detector, rows: Sequence[Row], articles: Sequence[Article]) -> dict[str, Any]:
    """Measures on labelled text from outside, over all and by language, part and kind."""
    logits = text_logits(judge.model, [row.text for row in rows])
    known = set(judge.model.languages)
    inside = np.array([row.language in known for row in rows], bool)
    own = [row for row, takes in zip(rows, inside, strict=True) if takes]
    spoken = [article for article in articles if _spoken(article.language, known)]
    return {
        "languages": {
            language: _paragraphs(judge, rows, logits, lambda r, at=language: r.language == at)
            for language in sorted({row.language for row in own})
        },
        "all": _paragraphs(judge, rows, logits, lambda r: r.language in known),
        "parts": _parts(judge, own, logits[inside]),
        "kinds": _kinds(judge, [row for row in own if row.label == "notice"]),
        "articles": _articles(judge, spoken),
    }


def _spoken(language: str, known: set[str]) -> bool:
    """Articles name Chinese without its script; the model knows it by one or both."""
    return language in known or any(name.startswith(f"{language}-") for name in known)


def _paragraphs(
    judge: Detector, rows: Sequence[Row], logits: NDArray[np.float64], takes: Callable[[Row], bool]
) -> dict[str, float]:
    chosen = np.array([takes(row) for row in rows], bool)
    truth = np.array([row.label == "notice" for row in rows], bool)[chosen]
    score = logits[chosen]
    called = probability(score) >= judge.model.thresholds.notice
    return {
        "notices": int(truth.sum()),
        "others": int((~truth).sum()),
        "average_precision": metrics.average_precision(truth, score),
        **{f"recall_at_{rate:g}": metrics.recall_at(truth, score, rate) for rate in RATES},
        "recall": _share(called[truth]),
        "false_positives": int(called[~truth].sum()),
    }


def _parts(judge: Detector, rows: Sequence[Row], logits: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    called = probability(logits) >= judge.model.thresholds.notice
    parts: dict[str, dict[str, float]] = {}
    for part in sorted({row.part for row in rows if row.label != "notice"}):
        mine = np.array([row.part == part and row.label != "notice" for row in rows], bool)
        hits, total = int(called[mine].sum()), int(mine.sum())
        low, high = metrics.wilson(hits, total)
        parts[part] = {"called": hits, "of": total, "low": low, "high": high}
    return parts


def _kinds(judge: Detector, notices: Sequence[Row]) -> dict[str, Any]:
    """F1 of the kinds of paragraphs known to be notices, micro-averaged and one by one."""
    truth = np.array([[kind in row.kinds for kind in KINDS] for row in notices], bool)
    given = [judge.kinds(row.text) for row in notices]
    found = np.array([[kind in kinds for kind in KINDS] for kinds in given], bool)
    if not len(notices):
        return {}
    each = {
        kind: metrics.f1((truth & found)[:, i].sum(), found[:, i].sum(), truth[:, i].sum())
        for i, kind in enumerate(KINDS)
    }
    return {"micro_f1": metrics.f1((truth & found).sum(), found.sum(), truth.sum())} | each


def _articles(judge: Detector, articles: Sequence[Article]) -> dict[str, float]:
    """How whole articles fare: characters called notice, notices found, notices inside paragraphs."""
    hits = called = actual = 0
    found: dict[bool, list[bool]] = {False: [], True: []}
    lost = story = 0
    for article in articles:
        size = len(article.text)
        format = "markdown" if article.format == "markdown" else "text"
        report = judge.analyze(Document(article.text, format))  # type: ignore[arg-type]
        mask = metrics.covered([(n.start, n.end) for n in report.notices], size)
        dropped = metrics.covered([(n.start, n.end) for n in report.dropped], size)
        truth = metrics.covered([(a, b) for a, b, label, _ in article.spans if label == "notice"], size)
        text = metrics.covered([(a, b) for a, b, label, _ in article.spans if label == "editorial"], size)
        hits, called, actual = hits + (mask & truth).sum(), called + mask.sum(), actual + truth.sum()
        lost, story = lost + (dropped & text).sum(), story + text.sum()
        for start, end, label, inline in article.spans:
            if label == "notice":
                found[inline].append(bool(mask[start:end].mean() >= 0.5))
    return {
        "articles": len(articles),
        "precision": hits / called if called else math.nan,
        "recall": hits / actual if actual else math.nan,
        "f1": metrics.f1(hits, called, actual),
        "notices_found": sum(found[False]) + sum(found[True]),
        "notices": len(found[False]) + len(found[True]),
        "inline_found": sum(found[True]),
        "inline": len(found[True]),
        "editorial_lost": lost / story if story else math.nan,
    }


def _share(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else math.nan
