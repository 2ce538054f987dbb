"""What comes out: an article as its readers get it, by the verdicts of people and the policy of its source.

The word on a segment is, in this order: a verdict on this place, the verdict on its family, and what
the detector said, by the threshold of the source if it has one. What is to be hidden is then treated as
the policy has it. A page of terms stays whole but for what people hid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from detector.document import Form, Label, Report, ScoredSegment, Span
from web.data import articles, sources
from web.data.alignment import aligned
from web.data.columns import canonical
from web.data.errors import DataError
from web.data.schema import Article, Family, Segment, Source
from web.data.sources import Policy


@dataclass(frozen=True, slots=True)
class Part:
    """What is done with a piece of an article, and why: own, verdict, detector or policy.

    `action` is one of keep, tag, collapse and remove; `label` is notice, chrome or editorial after the
    verdict; `start` and `end` are characters of the article's text.
    """

    start: int
    end: int
    kinds: tuple[str, ...]
    label: str
    action: str
    why: str
    segment_id: int


@dataclass(frozen=True, slots=True)
class Clean:
    """An article without what is removed; in `html` what is tagged or collapsed is marked.

    `parts` are the pieces that are not simply story; `etag` changes when any of this does.
    """

    article_id: int
    text: str
    html: str | None
    parts: tuple[Part, ...]
    legal_page: bool
    etag: str


def clean(session: Session, article_id: int) -> Clean:
    """An article as its readers get it. Raises `NotFoundError`."""
    article = articles.get(session, article_id)
    told = parts(session, article)
    report = _report(article, articles.segments(session, article_id))
    text = _with(report, told, ("remove",)).editorial_text
    html = _html(article, report, told) if article.html is not None else None
    shown = tuple(part for part in told if part.label != "editorial" or part.why in ("own", "verdict"))
    state = canonical([text, html, [[p.start, p.end, p.kinds, p.label, p.action] for p in shown]])
    etag = hashlib.sha256(state.encode()).hexdigest()[:32]
    return Clean(article.id, text, html, shown, article.legal_page, etag)


def clean_many(session: Session, ids: Sequence[int]) -> list[Clean]:
    """`clean` of each article."""
    return [clean(session, article_id) for article_id in ids]


def parts(session: Session, article: Article) -> tuple[Part, ...]:
    """What is done with each segment of an article, in order; what is kept included."""
    rows = articles.segments(session, article.id)
    families = articles.families(session, rows)
    source = sources.get(session, article.source_id)
    return tuple(decided(article, rows, families, source))


def decided(
    article: Article, rows: Sequence[Segment], families: Mapping[int, Family], source: Source
) -> Iterator[Part]:
    """`parts`, without a database: of segments, their families by number, and the source."""
    policy = Policy.read(source.policy)
    for row in rows:
        family = families[row.family_id]
        hide, why = _word(article, row, family, source)
        label = _label(row, family) if hide else "editorial"
        kinds = tuple(family.verdict_kinds if family.verdict_kinds is not None else row.kinds)
        action = policy.action(label, kinds) if hide else "keep"
        start, end = _place(article, row, family) if hide else (row.start, row.end)
        if start == end:  # of the wording a part is hidden, which this copy does not have
            label, action, start, end = "editorial", "keep", row.start, row.end
        because = "policy" if hide and action == "keep" else why
        yield Part(start, end, kinds, label, action, because, row.id)


def _word(article: Article, row: Segment, family: Family, source: Source) -> tuple[bool, str]:
    """Whether a segment is to be hidden, and who says so."""
    if row.own_verdict is not None:
        return row.own_verdict == "hide", "own"
    if family.verdict is not None:
        return family.verdict == "hide", "verdict"
    if article.legal_page:
        return False, "detector"
    if source.threshold is None or row.label in ("chrome", "unsure"):
        return row.label in ("notice", "chrome"), "detector"
    return row.score >= source.threshold, "detector"


def _label(row: Segment, family: Family) -> str:
    named = family.verdict_kinds if family.verdict == "hide" else None
    return "chrome" if row.label == "chrome" and not named else "notice"


def _place(article: Article, row: Segment, family: Family) -> tuple[int, int]:
    """The characters to hide: the segment, or the span that a person marked; none if that is not there."""
    if family.span is None or row.own_verdict is not None:
        return row.start, row.end
    span = family.span[0], family.span[1]
    found = aligned(family.text, span, article.text[row.start : row.end])
    return (row.start + found[0], row.start + found[1]) if found else (row.start, row.start)


def _report(article: Article, rows: Sequence[Segment]) -> Report:
    """The article as the detector reported it, each segment as story."""
    tops = [row for row in rows if row.parent is None]
    segments = tuple(_segment(article, row) for row in tops)
    return Report(article.text, segments, False, article.model)


def _segment(article: Article, row: Segment) -> ScoredSegment:
    form: Any = row.form
    checked: Form = form
    text = article.text[row.start : row.end]
    return ScoredSegment(
        row.start, row.end, text, checked, label="editorial", score=row.score, probabilities={}
    )


def _with(
    report: Report, told: Sequence[Part], actions: Sequence[str], names: Mapping[str, str] | None = None
) -> Report:
    """The report with those parts as notices or chrome that get one of these actions."""
    meant = sorted(
        (part for part in told if part.action in actions), key=lambda part: (part.start, -part.end)
    )
    segments = []
    at = 0
    for segment in report.segments:
        inside = []
        while at < len(meant) and meant[at].start < segment.end:
            inside.append(meant[at])
            at += 1
        segments.append(_marked(segment, inside, names or {}))
    return replace(report, segments=tuple(segments))


def _marked(segment: ScoredSegment, inside: Sequence[Part], names: Mapping[str, str]) -> ScoredSegment:
    """A segment as a notice, or with the notices inside it."""
    for part in inside:
        if (part.start, part.end) == (segment.start, segment.end):
            label: Label = "chrome" if part.label == "chrome" else "notice"
            return replace(segment, label=label, kinds=_named(part, names))
    spans: list[Span] = []
    for part in inside:
        if not spans or part.start >= spans[-1].end:
            text = segment.text[part.start - segment.start : part.end - segment.start]
            spans.append(Span(part.start, part.end, text, 1.0, _named(part, names)))
    return replace(segment, spans=tuple(spans))


def _named(part: Part, names: Mapping[str, str]) -> tuple[str, ...]:
    name = names.get(part.action)
    return part.kinds if name is None else (name, *part.kinds)


def _html(article: Article, report: Report, told: Sequence[Part]) -> str:
    """The page: what is tagged or collapsed is marked, then what is removed is taken out.

    Marks do not change what a reader sees, so that places hold after it. What is collapsed has
    `data-action="collapse"`; it is told apart meanwhile by a word that the page does not have.
    """
    from detector import page, removal  # need lxml

    html = article.html or ""
    if page.read(html).text != article.text:
        raise DataError(
            f"Article {article.id} is read differently by this version: run `python -m web reanalyse`."
        )
    word = "x" + hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest()
    marked = removal.marked(html, _with(report, told, ("tag", "collapse"), {"collapse": word}))
    marked = marked.replace(f' data-kinds="{word}"', ' data-action="collapse"')
    marked = marked.replace(f' data-kinds="{word} ', ' data-action="collapse" data-kinds="')
    return removal.stripped(marked, _with(report, told, ("remove",)))
