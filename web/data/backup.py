"""Backup and restore: all tables as lines of JSON, gzipped; alike for SQLite and PostgreSQL.

It is one state of the data, also while others write, and can be restored into the other database.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Select, Table, func, insert, select, text
from sqlalchemy.orm import Session

from web.data.database import Database
from web.data.errors import ConflictError, DataError, InvalidError
from web.data.schema import Base

_FORMAT = "disclaimer-detector-web/1"


def write(database: Database, path: Path) -> int:
    """Write all rows to a file, which takes its place when it is whole; returns how many rows."""
    database.check()
    part = path.with_name(path.name + ".part")
    with _told(path):
        with gzip.open(part, "wt", encoding="ascii", compresslevel=6) as file, database.reading() as session:
            count = _dump(session, file)
        part.replace(path)
    return count


def restore(database: Database, path: Path) -> int:
    """Read a backup into a database that has no rows; returns how many rows. All of it, or nothing.

    Raises `ConflictError` where there are rows, `InvalidError` for a file that is no whole backup.
    """
    database.upgrade()
    with _told(path), gzip.open(path, "rt", encoding="ascii") as file, database.writing() as session:
        if any(session.execute(select(table).limit(1)).first() for table in Base.metadata.sorted_tables):
            raise ConflictError(f"{database.name} has rows: restore into an empty database.")
        count = _load(session, _lines(file, path), path)
        _count_on(session)
    return count


def _dump(session: Session, file: TextIO) -> int:
    count = 0
    _line(file, {"format": _FORMAT, "revision": Database.head()})
    for table in Base.metadata.sorted_tables:
        for row in session.execute(_all(table)):
            _line(file, [table.name, list(row)])
            count += 1
    _line(file, {"rows": count})
    return count


def _all(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key).execution_options(yield_per=500)


def _load(session: Session, lines: Iterator[Any], path: Path) -> int:
    tables = Base.metadata.tables
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("format") != _FORMAT or head.get("revision") != Database.head():
        raise InvalidError(f"{path} is no backup of this version: restore it with the version that wrote it.")
    count = 0
    end = None
    while lot := list(islice(lines, 500)):
        rows: dict[str, list[dict[str, Any]]] = {}
        for line in lot:
            if isinstance(line, dict):
                end = line.get("rows")
            else:
                table = tables[line[0]]
                rows.setdefault(table.name, []).append(dict(zip(table.columns.keys(), line[1], strict=True)))
        for name, values in rows.items():
            session.execute(insert(tables[name]), values)
            count += len(values)
    if end != count:
        raise InvalidError(f"{path} is not whole: take another backup.")
    return count


def _count_on(session: Session) -> None:
    """Let PostgreSQL number new rows after those restored; SQLite does so by itself."""
    if session.get_bind().dialect.name == "sqlite":
        return
    for table in Base.metadata.sorted_tables:
        if isinstance(table, Table) and "id" in table.columns:
            last = session.scalar(select(func.max(table.columns.id)))
            if last is not None:
                told = {"table": table.name, "last": last}
                session.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)"), told)


def _line(file: TextIO, value: Any) -> None:
    file.write(json.dumps(value, separators=(",", ":")) + "\n")


def _lines(file: TextIO, path: Path) -> Iterator[Any]:
    try:
        for line in file:
            yield json.loads(line)
    except (ValueError, EOFError) as error:
        raise InvalidError(f"{path} is damaged ({error}): take another backup.") from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Failures of files with the remedy."""
    try:
        yield
    except gzip.BadGzipFile as error:
        raise InvalidError(f"{path} is no backup ({error}): name a file that `backup` wrote.") from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be used ({error.strerror}): check path, permissions and space."
        ) from error
