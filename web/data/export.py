"""Verdicts for others: as lines that training reads, and as a table for people."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from web.data.schema import Decision, Family, Person

#: The domain of text of which nobody has said one.
DOMAIN = "general"
_COLUMNS = (
    "family",
    "verdict",
    "person",
    "made",
    "undone",
    "kinds",
    "label",
    "score",
    "language",
    "copies",
    "text",
)


def rows(session: Session) -> Iterator[dict[str, Any]]:
    """Settled families as lines of a corpus: text, label, kinds, language, domain, family, and more.

    Of a family with a span, the span is the notice and the whole is left out. `hard` is true where
    people kept what the detector took for a notice; `copies` says how often it was seen.
    """
    query = select(Family).where(Family.verdict.is_not(None)).order_by(Family.id)
    with closing(session.scalars(query.execution_options(yield_per=500))) as found:
        for family in found:
            yield _row(family)
            session.expunge(family)


def write_jsonl(session: Session, file: TextIO) -> int:
    """Write `rows` as JSON Lines; returns how many."""
    count = 0
    for row in rows(session):
        file.write(json.dumps(row, ensure_ascii=not _is_plain(row["text"])) + "\n")
        count += 1
    return count


def write_csv(session: Session, file: TextIO) -> int:
    """Write every decision as a line of CSV, those taken back included; returns how many."""
    out = csv.writer(file)
    out.writerow(_COLUMNS)
    query = select(Decision, Family, Person.name).join(Family, Family.id == Decision.family_id)
    query = query.join(Person, Person.id == Decision.person_id).order_by(Decision.id)
    count = 0
    for decision, family, name in session.execute(query.execution_options(yield_per=500)):
        kinds = family.kinds if decision.kinds is None else decision.kinds
        at = [_moment(decision.made), _moment(decision.undone)]
        told = [family.id, decision.verdict, name, *at, " ".join(kinds), family.label, f"{family.score:.4f}"]
        out.writerow(_safe(value) for value in (*told, family.language or "", family.copies, family.text))
        count += 1
    return count


def _row(family: Family) -> dict[str, Any]:
    hidden = family.verdict == "hide"
    kinds = family.kinds if family.verdict_kinds is None else family.verdict_kinds
    chrome = hidden and family.label == "chrome" and not kinds
    label = "chrome" if chrome else "notice" if hidden else "editorial"
    start, end = family.span or (0, len(family.text))
    row = {
        "text": family.text[start:end],
        "label": label,
        "kinds": kinds if label == "notice" else [],
        "language": family.language,
        "domain": DOMAIN,
        "family": f"web-{family.fingerprint[:16]}",
        "copies": family.copies,
        "score": round(family.score, 4),
    }
    return row | ({"hard": True} if label == "editorial" and family.label == "notice" else {})


def _is_plain(text: str) -> bool:
    """Whether a text can be written as UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _moment(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def _safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula, and that can be written as UTF-8."""
    text = str(value).replace("\0", "\u2400")
    text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
