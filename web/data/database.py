"""The database: SQLite or PostgreSQL, opened, brought to the newest schema, and its transactions.

On both there is one writer at a time: SQLite begins with its write lock, PostgreSQL with an advisory
lock. So what a writer has read stays true until it commits, and the journal is one chain. Readers
never wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from web.data.errors import DataError

#: How long a writer waits for another, in seconds.
PATIENCE = 30
#: The number of the advisory lock, any that no other program uses.
_LOCK = 0x6E6F7469636573
_MIGRATIONS = Path(__file__).parent / "migrations"
#: What a database says when something is wrong, and what to do about it.
_REMEDIES = (
    (
        ("disk is full", "no space left", "could not extend", "disk i/o"),
        "free space on its disk, then try again",
    ),
    (("locked", "lock timeout"), "another program holds it: end that one, or try again"),
    (
        ("no such table", "does not exist", "no such column"),
        "start `python -m web` once to bring it up to date",
    ),
    (("readonly", "read-only", "unable to open", "permission denied"), "check the folder's permissions"),
    (("not a database", "malformed"), "restore a backup by `python -m web restore`"),
)
_GONE = "check that it runs and that --database is right, then try again"


class Database:
    """An open database. Safe to share by threads, not across a fork."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turn = Lock()  # in this process writers wait here, in order, which is quicker than to ask again

    @classmethod
    def open(cls, url: str | Path) -> Database:
        """The database at a path (SQLite) or URL (sqlite:///… or postgresql://…).

        Raises `DataError` for a URL that is none, and where the folder of a file cannot be made.
        """
        address = _address(url)
        if address.get_backend_name() == "sqlite":
            return cls(_sqlite(address))
        return cls(_postgresql(address))

    @property
    def name(self) -> str:
        """Where it is, without the password."""
        return self.engine.url.render_as_string()

    def upgrade(self) -> None:
        """Make or change the tables until they are those of this version."""
        with self._transaction(writing=True) as connection:
            config = _config()
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise DataError(
                    f"{self.name} was written by a newer version ({error}): install that version."
                ) from error

    def revision(self) -> str | None:
        """The revision of the tables; None where there are none."""
        with self._told(), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    @staticmethod
    def head() -> str | None:
        """The revision of the tables that this version needs."""
        return ScriptDirectory.from_config(_config()).get_current_head()

    def check(self) -> None:
        """Raises `DataError` where the database does not answer or is of another version."""
        found = self.revision()
        if found != self.head():
            raise DataError(f"{self.name} is of version {found}: start `python -m web` once to upgrade it.")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the data. Raises `DataError` where the database fails."""
        with self._transaction(writing=False) as connection, _session(connection) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that alone may write; its changes are kept at the end, or none if an error leaves it.

        Raises `DataError` where the database fails.
        """
        with self._transaction(writing=True) as connection, _session(connection) as session:
            yield session
            session.flush()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, writing: bool) -> Iterator[Connection]:
        with self._alone() if writing else nullcontext(), self._told(), self.engine.connect() as connection:
            connection.execution_options(writing=writing)
            with connection.begin():
                yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise DataError(f"{self.name} is busy: try again in a moment.")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Failures of the database as `DataError` with the remedy."""
        try:
            yield
        except DBAPIError as error:
            raise DataError(_message(self.name, str(error.orig))) from error
        except PoolTimeoutError as error:
            raise DataError(f"{self.name} has no free connection: try again in a moment.") from error


def _session(connection: Connection) -> Session:
    return Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")


def _address(url: str | Path) -> URL:
    text = str(url)
    try:
        address = make_url(text if "://" in text else f"sqlite:///{Path(text).absolute()}")
        if address.drivername in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+psycopg")
        if address.drivername in ("sqlite", "postgresql+psycopg"):
            return address
    except ArgumentError:
        pass
    raise DataError(f"{text!r} is no database that works here: give a path, sqlite:///… or postgresql://….")


def _sqlite(address: URL) -> Engine:
    if address.database:
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"The folder of {address.database} cannot be made ({error.strerror}).") from error
    engine = create_engine(address, connect_args={"timeout": PATIENCE}, pool_size=20, max_overflow=20)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver likes
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(address: URL) -> Engine:
    options = f"-c lock_timeout={PATIENCE * 1000}"
    if find_spec("psycopg") is None:
        raise DataError("PostgreSQL needs psycopg: run `pip install 'disclaimer-detector[web]'`.")
    engine = create_engine(
        address,
        pool_pre_ping=True,
        pool_size=20,
        max_overflow=20,
        connect_args={"options": options, "connect_timeout": 5},
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writing"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _message(name: str, cause: str) -> str:
    said = cause.lower()
    remedy = next((remedy for signs, remedy in _REMEDIES if any(sign in said for sign in signs)), _GONE)
    return f"The database {name} failed ({cause.strip().splitlines()[0]}): {remedy}."
