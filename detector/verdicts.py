"""Verdicts on the segments of documents: first each segment alone, then its neighbours, then its sentences.

Many documents are judged in one pass, which is quicker and gives the same bits as one by one. Only
what may hold a notice is looked at by sentence, and only notices get kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector import evidence, languages
from detector.document import Form, Label, ScoredSegment, Segment, Span, many
from detector.measures import UNIT, Measures, completed, measure
from detector.model import Model, Thresholds, probability
from detector.neighbourhood import QUOTED, furniture_shifts, shifts
from detector.segmentation import sentences

#: A story whose sentences have a mean probability below this is calm: a notice in it stands out.
CALM = 0.1
#: A notice inside a story goes on through sentences of this probability.
GOES_ON = 0.5
#: A sentence below this probability is story: a segment keeps it when most of the segment is such.
STORY = 0.2

Flags = NDArray[np.bool_]
_Run = tuple[int, int, float]
_Sentences = Sequence[_Run]  # start, end and score of each sentence


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """The verdicts on segments but for kinds, each in their order.

    `runs` are start, end and score of the notices inside, by the number of the segment.
    """

    labels: list[Label]
    notice: list[float]
    chrome: list[float]
    editorial: list[float]
    runs: dict[int, list[_Run]]


def cut(model: Model, limits: Thresholds) -> int:
    """What each symbol of a stretch must weigh, in 1/UNIT, for the stretch to be a notice of any length.

    A little low, so that rounding cannot hide one.
    """
    least = min(limits.notice, limits.span)
    logit = math.log(least / (1 - least)) - 1 / 128
    return math.floor(UNIT * (logit - model.notice_head.bias) / model.notice_head.scale)


def suspects(model: Model, limits: Thresholds, found: Measures) -> Flags:
    """Which texts may hold a sentence that is a notice; shape (n,). All others surely hold none."""
    floor = cut(model, limits) * model.padding
    return np.asarray(found.peaks >= floor) if floor > 0 else np.ones(len(found.peaks), np.bool_)


def judge(
    model: Model,
    limits: Thresholds,
    documents: Sequence[Sequence[Segment]],
    known: tuple[Sequence[int], Measures] | None = None,
) -> list[tuple[ScoredSegment, ...]]:
    """The segments of each document with their verdicts.

    `known` may tell what `measure` finds, with `cut`, of the one segment of some of the documents.
    """
    segments = [segment for document in documents for segment in document]
    if not segments:
        return [() for _ in documents]
    texts = [segment.text for segment in segments]
    edges = np.cumsum([0, *map(len, documents)])
    limit = cut(model, limits)
    if known:
        found = completed(model, texts, limit, edges[list(known[0])], known[1])
    else:
        found = measure(model, texts, limit)
    forms = [segment.form for segment in segments]
    scored = _scored(model, limits, segments, _verdicts(model, limits, texts, forms, edges.tolist(), found))
    return [tuple(scored[start:end]) for start, end in pairwise(edges.tolist())]


def name_kinds(model: Model, limits: Thresholds, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The kinds of each notice: those above the threshold, most probable first, at least one."""
    each = evidence.kind_probabilities(model, texts)
    orders = np.argsort(-each, axis=1, kind="stable").tolist()
    counts = np.maximum((each >= limits.kind).sum(axis=1), 1).tolist()
    return [tuple(model.kinds[i] for i in order[:count]) for order, count in zip(orders, counts, strict=True)]


def _verdicts(
    model: Model,
    limits: Thresholds,
    texts: Sequence[str],
    forms: Sequence[Form],
    edges: Sequence[int],
    found: Measures,
) -> _Verdicts:
    logits = model.logits(found.sums, found.sizes)
    furniture = model.chrome_logits(found.chrome, found.sizes)
    alone = probability(logits)
    around = _around(alone >= limits.notice, forms, edges, shifts)
    furniture += _around(probability(furniture) >= limits.chrome, forms, edges, furniture_shifts)
    among = probability(logits + around)
    suspect = suspects(model, limits, found) | (among >= limits.notice)
    parsed = _sentences(model, texts, np.flatnonzero(suspect).tolist())
    notice, surrounded = alone.astype(np.float64), among.astype(np.float64)
    chrome = (1 - notice) * probability(furniture)
    told = surrounded >= limits.notice
    labels = np.where(told, "notice", np.where(chrome >= limits.chrome, "chrome", "editorial")).astype(object)
    labels[[i for i, inside in parsed.items() if told[i] and _is_story(inside)]] = "editorial"
    labels[_foreign(model, found, texts, edges)] = "unsure"
    runs = {
        i: _runs(inside, limits)
        for i, inside in parsed.items()
        if labels[i] == "editorial" and len(inside) > 1 and around[i] > -QUOTED
    }
    shares = notice.tolist(), chrome.tolist(), (1 - notice - chrome).tolist()
    return _Verdicts(labels.tolist(), *shares, runs)


def _around(
    flags: Flags,
    forms: Sequence[Form],
    edges: Sequence[int],
    rule: Callable[[Sequence[bool], Sequence[Form]], list[float]],
) -> NDArray[np.float64]:
    """What a rule about neighbours adds to the logit of each segment, document by document."""
    known = flags.tolist()
    found = [rule(known[start:end], forms[start:end]) for start, end in pairwise(edges)]
    return np.array([shift for document in found for shift in document])


def _foreign(model: Model, found: Measures, texts: Sequence[str], edges: Sequence[int]) -> Flags:
    """Which segments are in no language of the model; those too short to tell go with their document.

    A document is where most words of its longer segments are, or without any, where all is together.
    """
    foreign = languages.unknown(found.words, found.known)
    for start, end in pairwise(edges):
        part, words = slice(start, end), found.words[start:end]
        long = words >= languages.FEWEST
        if end - start == 1 or long.all():
            continue
        if long.any():
            together = words[long & foreign[part]].sum() > words[long].sum() / 2
        else:
            whole = measure(model, ["\n".join(texts[part])], 0)
            together = languages.unknown(whole.words, whole.known)[0]
        foreign[part] |= ~long & together
    return foreign


def _sentences(model: Model, texts: Sequence[str], rows: Sequence[int]) -> dict[int, _Sentences]:
    """The sentences of some of the texts, by the text's number."""
    cuts = [sentences(texts[i]) for i in rows]
    starts = [[start for start, _ in cut] for cut in cuts]
    logits, first = evidence.sentence_logits(model, [texts[i] for i in rows], starts)
    scores = probability(logits).tolist()
    return {
        i: [(start, end, p) for (start, end), p in zip(cut, scores[at : at + len(cut)], strict=False)]
        for i, cut, at in zip(rows, cuts, first.tolist(), strict=False)
    }


def _is_story(inside: _Sentences) -> bool:
    """Whether more than half of a segment, by characters, is in sentences of story."""
    length = sum(end - start for start, end, _ in inside)
    return sum(end - start for start, end, p in inside if p < STORY) > length / 2


def _runs(inside: _Sentences, limits: Thresholds) -> list[_Run]:
    """Sentences that are notices, with likely neighbours: sure ones, and less sure amid a calm story."""
    story = [p for _, _, p in inside if p < limits.notice]
    calm = bool(story) and sum(story) < CALM * len(story)
    limit = limits.notice if calm else limits.span
    told = _spread([p >= limit for _, _, p in inside], [p >= GOES_ON for _, _, p in inside])
    runs: list[_Run] = []
    for i, (start, end, p) in enumerate(inside):
        if told[i] and i and told[i - 1]:
            runs[-1] = (runs[-1][0], end, max(runs[-1][2], p))
        elif told[i]:
            runs.append((start, end, p))
    return runs


def _spread(sure: list[bool], likely: list[bool]) -> list[bool]:
    """What is sure, and all that is likely from there on, up and down."""
    for _ in range(2):
        for i in range(1, len(sure)):
            sure[i] = sure[i] or (sure[i - 1] and likely[i])
        sure, likely = sure[::-1], likely[::-1]
    return sure


def _scored(
    model: Model, limits: Thresholds, segments: Sequence[Segment], found: _Verdicts
) -> list[ScoredSegment]:
    """The segments with their verdicts and the kinds of what is a notice, all told in one call."""
    notices = [i for i, label in enumerate(found.labels) if label == "notice"]
    inside = [(i, run) for i, runs in found.runs.items() for run in runs]
    texts = [segments[i].text for i in notices]
    texts += [segments[i].text[start:end] for i, (start, end, _) in inside]
    kinds = iter(name_kinds(model, limits, texts))
    own = dict(zip(notices, kinds, strict=False))
    spans: dict[int, list[Span]] = {}
    for (i, (start, end, score)), its in zip(inside, kinds, strict=True):
        at, text = segments[i].start, segments[i].text[start:end]
        spans.setdefault(i, []).append(Span(at + start, at + end, text, score, its))
    columns = zip(found.notice, found.chrome, found.editorial, strict=True)
    count = len(segments)
    return many(
        ScoredSegment,
        count,
        start=[segment.start for segment in segments],
        end=[segment.end for segment in segments],
        text=[segment.text for segment in segments],
        form=[segment.form for segment in segments],
        place=[segment.place for segment in segments],
        label=found.labels,
        score=found.notice,
        probabilities=[{"notice": n, "chrome": c, "editorial": e} for n, c, e in columns],
        kinds=[own.get(i, ()) for i in range(count)],
        spans=[tuple(spans.get(i, ())) for i in range(count)],
    )
