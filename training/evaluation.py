"""What a model finds and what it costs: on held-out families, and on labelled text from outside."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.detection import Detector
from detector.document import Document
from detector.evidence import text_logits
from detector.model import probability
from detector.segmentation import segment
from training import metrics
from training.baselines import Baseline
from training.corpus import KINDS
from training.fitting import Fit
from training.sets import Article, Row

#: False-positive rates that recall is told at.
RATES = (1e-2, 1e-3, 1e-4)

Measures = dict[str, float]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def measure(
    truth: Bools, score: Floats, called: Bools, sizes: Floats, weight: Floats | float = 1.0
) -> Measures:
    """All measures of one lot of paragraphs; arrays of shape (n,).

    `sizes` are lengths in characters, `called` the verdicts, `weight` what each counts for where
    recall is measured (translations of one wording share a weight of one).
    """
    weight = np.broadcast_to(np.asarray(weight, float), truth.shape)
    hits, false = float(weight[truth & called].sum()), int((called & ~truth).sum())
    other = float(sizes[~truth].sum())
    return {
        "notices": int(truth.sum()),
        "others": int((~truth).sum()),
        "precision": hits / (hits + false) if hits + false else math.nan,
        "recall": hits / float(weight[truth].sum()) if truth.any() else math.nan,
        "average_precision": metrics.average_precision(truth, score),
        **{f"recall_at_{rate:g}": metrics.recall_at(truth, score, rate, weight) for rate in RATES},
        "false_positives": false,
        "false_positives_per_million": 1e6 * false / other if other else math.nan,
    }


def held_out(fit: Fit) -> dict[str, Any]:
    """Measures on the corpus, each example scored by a model that saw none of its family.

    Over all, and by language, domain and kind.
    """
    examples, limits = fit.examples, fit.model.points["balanced"]
    truth = np.array([example.label == "notice" for example in examples])
    called = fit.notice >= limits.notice
    sizes = np.array([len(example.text) for example in examples], float)
    kinds = np.array([[k in e.kinds for k in KINDS] for e in examples])
    given = (fit.kinds >= limits.kind) & truth[:, None]
    given[truth, fit.kinds[truth].argmax(axis=1)] = True  # at least one

    def lot(chosen: Bools) -> Measures:
        found = measure(truth[chosen], fit.notice[chosen], called[chosen], sizes[chosen])
        return found | {"kinds_f1": _f1(kinds[chosen], given[chosen])}

    def by(names: Sequence[str]) -> dict[str, Measures]:
        return {name: lot(np.array(names) == name) for name in sorted(set(names))}

    label = np.array([example.label for example in examples])
    hard = np.array([example.hard for example in examples])
    sorts = {"plain": (label == "editorial") & ~hard, "hard": hard, "chrome": label == "chrome"}
    return {
        "all": lot(np.ones(len(examples), bool))
        | {
            "calibration_error": metrics.calibration_error(truth, fit.notice),
            **{f"{name}_called_notice": _share(called[mine]) for name, mine in sorts.items()},
            "chrome_average_precision": metrics.average_precision(
                sorts["chrome"], (1 - fit.notice) * fit.chrome
            ),
        },
        "languages": by([example.language for example in examples]),
        "domains": by([example.domain for example in examples]),
        "kinds": {
            kind: {
                "notices": int(kinds[:, i].sum()),
                "recall": _share(called[kinds[:, i]]),
                "f1": _f1(kinds[:, [i]], given[:, [i]]),
            }
            for i, kind in enumerate(KINDS)
        },
        "reliability": metrics.reliability(truth, fit.notice),
    }


def outside(judge: Detector, rows: Sequence[Row], articles: Sequence[Article]) -> dict[str, Any]:
    """Measures on labelled text from outside, over all and by language, part and kind.

    Over all that the model knows; languages that it does not know are told apart, as "unknown".
    """
    logits = text_logits(judge.model, [row.text for row in rows])
    called = probability(logits) >= judge.limits.notice
    known = set(judge.model.languages)
    inside = np.array([row.language in known for row in rows], bool)
    own = [row for row, takes in zip(rows, inside, strict=True) if takes]
    spoken = [article for article in articles if _spoken(article.language, known)]

    def lot(takes: Callable[[Row], bool]) -> Measures:
        chosen = np.array([takes(row) for row in rows], bool)
        return _paragraphs([r for r in rows if takes(r)], logits[chosen], called[chosen])

    return {
        "all": lot(lambda row: row.language in known),
        "unknown": lot(lambda row: row.language not in known),
        "languages": {
            name: lot(lambda row, at=name: row.language == at) for name in sorted({r.language for r in own})
        },
        "parts": _parts(own, called[inside]),
        "kinds": _kinds(judge, [row for row in own if row.label == "notice"]),
        "articles": _articles(judge, spoken),
    }


def beside(
    systems: Iterable[Baseline], known: Iterable[str], rows: Sequence[Row], articles: Sequence[Article]
) -> dict[str, Measures]:
    """The same measures of several systems, on text in the languages that are known."""
    known = set(known)
    rows = [row for row in rows if row.language in known]
    articles = [article for article in articles if _spoken(article.language, known)]
    table = {}
    for system in systems:
        score = system.score([row.text for row in rows])
        called = score >= system.least
        found = _paragraphs(rows, score, called)
        parts = _parts(rows, called)
        shares = {name: part["called"] / part["of"] for name, part in parts.items()}
        table[system.name] = {
            **{key: value for key, value in found.items() if key not in ("notices", "others")},
            **{f"{name}_called_notice": shares.get(name, math.nan) for name in ("plain", "hard", "chrome")},
            **({"articles_f1": _characters(articles, system)} if articles else {}),
        }
    return table


def as_system(judge: Detector, name: str = "detector") -> Baseline:
    """A detector as one of the systems: what it says of paragraphs read alone."""
    at = judge.limits.notice
    return Baseline(name, lambda texts: text_logits(judge.model, texts), math.log(at / (1 - at)))


def _spoken(language: str, known: set[str]) -> bool:
    """Articles name Chinese without its script; the model knows it by one or both."""
    return language in known or any(name.startswith(f"{language}-") for name in known)


def _paragraphs(rows: Sequence[Row], score: Floats, called: Bools) -> Measures:
    truth = np.array([row.label == "notice" for row in rows], bool)
    sizes = np.array([len(row.text) for row in rows], float)
    wordings = Counter(row.wording for row in rows if row.label == "notice")
    shared = [wordings[r.wording] if r.wording and r.label == "notice" else 1 for r in rows]
    return measure(truth, score, called, sizes, 1 / np.array(shared, float))


def _parts(rows: Sequence[Row], called: Bools) -> dict[str, Measures]:
    parts: dict[str, Measures] = {}
    for part in sorted({row.part for row in rows if row.label != "notice"}):
        mine = np.array([row.part == part and row.label != "notice" for row in rows], bool)
        hits, total = int(called[mine].sum()), int(mine.sum())
        low, high = metrics.wilson(hits, total)
        parts[part] = {"called": hits, "of": total, "low": low, "high": high}
    return parts


def _kinds(judge: Detector, notices: Sequence[Row]) -> Measures:
    """F1 of the kinds of paragraphs known to be notices, micro-averaged and one by one."""
    truth = np.array([[kind in row.kinds for kind in KINDS] for row in notices], bool)
    given = [judge.kinds(row.text) for row in notices]
    found = np.array([[kind in kinds for kind in KINDS] for kinds in given], bool)
    if not len(notices):
        return {}
    each = {kind: _f1(truth[:, [i]], found[:, [i]]) for i, kind in enumerate(KINDS)}
    return {"micro_f1": _f1(truth, found)} | each


def _articles(judge: Detector, articles: Sequence[Article]) -> Measures:
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


def _characters(articles: Sequence[Article], system: Baseline) -> float:
    """F1 by character of the segments that a system calls notices, each read alone."""
    hits = called = actual = 0
    for article in articles:
        size = len(article.text)
        segments = segment(article.text, "markdown" if article.format == "markdown" else "text")
        scores = system.score([s.text for s in segments]) if segments else np.zeros(0)
        taken = [(s.start, s.end) for s, p in zip(segments, scores, strict=True) if p >= system.least]
        mask = metrics.covered(taken, size)
        truth = metrics.covered([(a, b) for a, b, label, _ in article.spans if label == "notice"], size)
        hits, called, actual = hits + (mask & truth).sum(), called + mask.sum(), actual + truth.sum()
    return metrics.f1(hits, called, actual)


def _f1(truth: Bools, found: Bools) -> float:
    return metrics.f1((truth & found).sum(), found.sum(), truth.sum())


def _share(values: Bools) -> float:
    return float(values.mean()) if len(values) else math.nan
