"""The journal: every act, written in the transaction of the act, and chained so that a change shows.

The hash of an entry is SHA-256 over the hash of the one before and the canonical JSON of the entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from web.data import clock
from web.data.columns import canonical
from web.data.schema import Entry

#: What stands for the hash before the first entry.
START = "0" * 64


def append(
    session: Session, who: str, act: str, subject: str, details: Mapping[str, Any] | None = None
) -> Entry:
    """Write down that somebody did something to something. The session must be a writing one."""
    last = session.scalar(select(Entry.hash).order_by(Entry.id.desc()).limit(1))
    entry = Entry(
        at=clock.now(),
        person=who,
        act=act,
        subject=subject,
        details=dict(details or {}),
        previous=last or START,
    )
    entry.hash = _hash(entry)
    session.add(entry)
    session.flush()
    return entry


def verify(session: Session) -> int | None:
    """The number of the first entry that was changed, or that follows one which is gone; None if all hold.

    That the newest entries were cut off shows only beside a hash that was kept elsewhere.
    """
    previous = START
    entries = select(Entry).order_by(Entry.id).execution_options(yield_per=1000)
    with closing(session.scalars(entries)) as found:
        for entry in found:
            if entry.previous != previous or entry.hash != _hash(entry):
                return entry.id
            previous = entry.hash
            session.expunge(entry)
    return None


def entries(session: Session, before: int | None = None, limit: int = 100) -> list[Entry]:
    """The newest entries first; with `before`, those older than that entry."""
    query = select(Entry).order_by(Entry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Entry.id < before)
    return list(session.scalars(query))


def _hash(entry: Entry) -> str:
    told = [entry.at, entry.person, entry.act, entry.subject, entry.details]
    return hashlib.sha256(f"{entry.previous}\n{canonical(told)}".encode()).hexdigest()
