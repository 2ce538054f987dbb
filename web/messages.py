"""What the API says of rows: one function for each schema of `web.schemas` that it answers with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from web.data.intake import Result
from web.data.outcome import Clean, Part
from web.data.queue import Card
from web.data.schema import Article, Batch, Decision, Family, Hook, Segment, Source

Message = dict[str, Any]


def stored(source: str | None, result: Result) -> Message:
    """What became of an article that came in."""
    return {
        "source": source,
        "key": result.key or None,
        "state": result.state,
        "article": result.article_id,
        "error": result.error,
    }


def brief(article: Article, sources: Mapping[int, str]) -> Message:
    """An article without its text; `sources` are names by number."""
    return {
        "id": article.id,
        "source": {"id": article.source_id, "name": sources[article.source_id]},
        "key": article.key,
        "title": article.title,
        "url": article.url,
        "format": article.format,
        "language": article.language,
        "legal_page": article.legal_page,
        "model": article.model,
        "added": article.added,
        "analysed": article.analysed,
        "segments": article.segments,
        "notices": article.notices,
    }


def segment(row: Segment) -> Message:
    """A segment, as the detector saw it."""
    return {
        "id": row.id,
        "position": row.position,
        "parent": row.parent,
        "start": row.start,
        "end": row.end,
        "form": row.form,
        "label": row.label,
        "score": row.score,
        "chrome": row.chrome,
        "kinds": row.kinds,
        "evidence": row.evidence,
        "family": row.family_id,
        "own_verdict": row.own_verdict,
        "xpath": row.xpath,
        "line": row.line,
    }


def article(
    row: Article, sources: Mapping[int, str], segments: Iterable[Segment], parts: Iterable[Part]
) -> Message:
    """An article with its segments and what is done with each."""
    done = {part.segment_id: {"action": part.action, "why": part.why} for part in parts}
    told = [segment(each) | done[each.id] for each in segments]
    return brief(row, sources) | {"text": row.text, "segments": told}


def clean(found: Clean) -> Message:
    """An article as its readers get it."""
    parts = [
        {
            "start": part.start,
            "end": part.end,
            "label": part.label,
            "kinds": list(part.kinds),
            "action": part.action,
            "why": part.why,
            "segment": part.segment_id,
        }
        for part in found.parts
    ]
    return {
        "id": found.article_id,
        "text": found.text,
        "html": found.html,
        "parts": parts,
        "legal_page": found.legal_page,
        "etag": found.etag,
    }


def decision(row: Decision, people: Mapping[int, str]) -> Message:
    """What a person decided; `people` are names by number."""
    return {
        "id": row.id,
        "family": row.family_id,
        "person": people[row.person_id],
        "verdict": row.verdict,
        "kinds": row.kinds,
        "span": row.span,
        "made": row.made,
        "undone": row.undone,
        "batch": row.batch_id,
    }


def family(row: Family, decisions: Iterable[Decision], people: Mapping[int, str]) -> Message:
    """A family with what was decided of it."""
    return {
        "id": row.id,
        "text": row.text,
        "language": row.language,
        "label": row.label,
        "score": row.score,
        "chrome": row.chrome,
        "kinds": row.kinds,
        "copies": row.copies,
        "sources": row.source_count,
        "status": row.status,
        "verdict": row.verdict,
        "verdict_kinds": row.verdict_kinds,
        "span": row.span,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "decisions": [decision(each, people) for each in decisions],
    }


def card(found: Card, sources: Mapping[int, str], people: Mapping[int, str]) -> Message:
    """A card of the queue."""
    return {
        "family": family(found.family, found.decisions, people),
        "article": brief(found.article, sources),
        "segment": segment(found.segment),
        "text": found.text,
        "before": [_neighbour(row, found.article) for row in found.before],
        "after": [_neighbour(row, found.article) for row in found.after],
        "until": found.until,
    }


def undone(found: Decision | Batch | None, people: Mapping[int, str]) -> Message:
    """What was taken back, if anything."""
    if isinstance(found, Batch):
        batch = {"id": found.id, "verdict": found.verdict, "families": found.done}
        return {"decision": None, "batch": batch}
    return {"decision": decision(found, people) if found else None, "batch": None}


def source(row: Source) -> Message:
    """A source with what is done with its notices."""
    return {"id": row.id, "name": row.name, "policy": row.policy, "threshold": row.threshold}


def hook(row: Hook) -> Message:
    """A hook, without its secret."""
    return {"id": row.id, "url": row.url, "active": row.active, "created": row.created}


def _neighbour(row: Segment, article: Article) -> Message:
    text = article.text[row.start : row.end]
    return {"start": row.start, "end": row.end, "text": text, "form": row.form, "label": row.label}
