"""Loading: many rows into a table at once, by the quickest way that each database has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, Integer, Table, Text, any_, bindparam, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from web.data.columns import canonical

T = TypeVar("T")
#: Characters that end a field or a line.
_CONTROLS = str.maketrans({"\n": "\\n", "\t": "\\t", "\r": "\\r"})
#: How a value of a column is written; None where it stays as it is.
Write = Callable[[Any], Any] | None


def load(session: Session, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, each with the values of the columns `names`; the other columns are null or numbered.

    Lists of JSON are given as tuples.
    """
    if not rows:
        return
    dialect = session.get_bind().dialect
    writes: list[Write] = [table.c[name].type.bind_processor(dialect) for name in names]
    columns = [_written(values, write) for values, write in zip(zip(*rows, strict=True), writes, strict=True)]
    quoted = ", ".join(f'"{name}"' for name in names)
    if dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        told = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'
        session.connection().exec_driver_sql(told, list(zip(*columns, strict=True)))
    else:
        _copy(session, f'COPY "{table.name}" ({quoted}) FROM STDIN', columns)


def numbers(session: Session, table: str, count: int) -> Sequence[int]:
    """Numbers for new rows, which no row of the table had before. The session is the only writer."""
    if session.get_bind().dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        last = session.scalar(query, {"table": table}) or 0
        return range(last + 1, last + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return session.scalars(drawn, {"table": table, "count": count}).all()


def among(session: Session, column: Any, values: Iterable[T]) -> ColumnElement[bool]:
    """That a column has one of any number of values, which the database gets as one."""
    dialect = session.get_bind().dialect
    write: Write = column.type.bind_processor(dialect)
    listed = [write(value) if write else value for value in values]
    if dialect.name == "sqlite":
        given = func.json_each(canonical(listed)).table_valued("value")
        return cast("ColumnElement[bool]", column.in_(select(given.c.value)))
    kind = BigInteger() if isinstance(column.type, Integer) else Text()
    return cast("ColumnElement[bool]", column == any_(bindparam(None, listed, postgresql.ARRAY(kind))))


def _written(values: Sequence[Any], write: Write) -> Sequence[Any]:
    """Values of a column as the database gets them; each different one is made once."""
    if write is None:
        return values
    different = {value: write(value) for value in set(values)}
    return [different[value] for value in values]


def _copy(session: Session, told: str, columns: Sequence[Sequence[Any]]) -> None:
    """Send columns as lines of text, which PostgreSQL reads faster than statements."""
    fields = [list(map(_field, values)) for values in columns]
    lines = "\n".join(map("\t".join, zip(*fields, strict=True)))
    driver: Any = session.connection().connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(told) as copy:
            copy.write(lines + "\n")
    except driver.Error as error:
        raise DBAPIError(told, None, error) from error


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    text = str(value)
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text if text.isprintable() else text.translate(_CONTROLS)
