"""A fresh database for each test, once on SQLite and once on a real PostgreSQL that the tests start."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from tests.conftest import missing

if find_spec("sqlalchemy") is None and not os.environ.get("CI"):
    pytest.skip("the web extra is not here", allow_module_level=True)

from sqlalchemy import create_engine, text

from web.data.database import Database
from web.settings import Settings

STORY = "The harbour reopened on Monday after the long repairs, and the first ferry left at seven."
ADVICE = "This article is for information only and is not investment advice."
RIGHTS = "© 2024 Tidewater Post. All rights reserved."
PASSWORD = "a quiet harbour town"
_NUMBERS = count(1)


def _programs():
    """The folder of the newest PostgreSQL that Debian installed, if any."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


def _account():
    """Whom the server runs as: it refuses root."""
    if os.getuid():
        return {}
    try:
        return {"user": pwd.getpwnam("postgres").pw_name}
    except KeyError:
        return {"user": "nobody"}


class Server:
    """A PostgreSQL in a folder of its own, reached through a socket in it."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.account = _account()
        if self.account:
            shutil.chown(self.folder, self.account["user"])
        how = ("-U", "tests", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        self._run("initdb", "-D", self.folder / "data", *how)
        self.start()

    def _run(self, name, *arguments):
        command = [str(self.programs / name), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=60, **self.account)

    def start(self):
        options = f"-k {self.folder} -h '' -c fsync=off -c max_connections=200"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.folder / "data", "-l", log, "-w", "-o", options, "start")

    def stop(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def url(self, name):
        return f"postgresql+psycopg://tests@/{name}?host={self.folder}"

    def make(self, name, template="template1"):
        self._tell(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name):
        self._tell(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _tell(self, command):
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(command))
        engine.dispose()

    def end(self):
        self.stop()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def server():
    """A running PostgreSQL; without its programs a skip, in CI a failure."""
    programs = _programs()
    if programs is None:
        missing("PostgreSQL (on Debian: `apt-get install postgresql`)")
    server = Server(programs)
    yield server
    server.end()


@pytest.fixture(scope="session")
def ready_sqlite(tmp_path_factory):
    """A file with the tables, to copy."""
    path = tmp_path_factory.mktemp("ready") / "ready.db"
    database = Database.open(path)
    database.upgrade()
    database.close()
    return path


@pytest.fixture(scope="session")
def ready_postgresql(server):
    """The name of a database with the tables, to copy."""
    database = Database.open(server.make("ready"))
    database.upgrade()
    database.close()
    return "ready"


@pytest.fixture
def sqlite(ready_sqlite, tmp_path):
    """The address of a fresh SQLite database that has the tables."""
    path = tmp_path / "web.db"
    shutil.copy(ready_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """The address of a fresh database that has the tables."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    template = request.getfixturevalue("ready_postgresql")
    server = request.getfixturevalue("server")
    name = f"test{next(_NUMBERS)}"
    yield server.make(name, template)
    server.drop(name)


@pytest.fixture
def database(url):
    """A fresh database, open."""
    database = Database.open(url)
    yield database
    database.close()


@pytest.fixture
def clock(monkeypatch):
    """The time, which stands still until a test moves it: `clock.now += 60`."""
    from web.data import clock as real

    class Clock:
        now = 1_790_000_000

    monkeypatch.setattr(real, "now", lambda: Clock.now)
    return Clock


@pytest.fixture
def settings(tmp_path):
    """Settings of a server that is reached by http; its database is opened apart."""
    return Settings(str(tmp_path / "web.db"), "s" * 48, "127.0.0.1", 8000, tmp_path, 300_000, False)


@pytest.fixture
def person(database):
    """Makes people: `person("Ada", "lead")`."""
    return lambda name, role: made(database, name, role)


@pytest.fixture
def lead(database):
    """A lead."""
    return made(database, "Lea Lead", "lead")


@pytest.fixture
def moderator(database, lead):
    """A moderator."""
    return made(database, "Mo Moderator", "moderator")


def made(database, name, role="moderator"):
    """A person, without a password."""
    from web.data.schema import Person

    person = Person(name=name, role=role, active=True, keys={}, created=1, cards=0)
    with database.writing() as session:
        session.add(person)
    return person


@pytest.fixture
def take_in(database, judge):
    """Takes in texts of a source, each with its number as key, and returns what became of them."""
    from web.data import intake

    def take_in(*texts, source="Harbour Post", **more):
        articles = [
            text if isinstance(text, intake.Incoming) else intake.Incoming(text, f"{i}", **more)
            for i, text in enumerate(texts)
        ]
        return intake.store(database, judge, articles, source, "tests")

    return take_in
