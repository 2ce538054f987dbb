"""The application with people at their browsers, on SQLite alone: the data tests run on both databases."""

import re

import pytest

from tests.web.conftest import ADVICE, RIGHTS, STORY, made
from web.data import clock as times
from web.data import intake, keys
from web.data.intake import Incoming
from web.data.schema import Login
from web.factory import create_app
from web.pages.presence import COOKIE

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """Somebody at a browser: follows links, and sends forms with the token of the page."""

    def __init__(self, client, person=None):
        self.client, self.person = client, person

    def get(self, path, **options):
        return self.client.get(path, buffered=True, **options)

    def post(self, path, follow=True, **fields):
        data = {"csrf_token": self.token()} | fields
        return self.client.post(path, data=data, follow_redirects=follow, buffered=True)

    def token(self):
        return _TOKEN.search(self.client.get("/sign-out-of-nothing").text)[1]


@pytest.fixture
def url(sqlite):
    """SQLite alone."""
    return sqlite


@pytest.fixture
def app(settings, database, judge):
    """The application on a fresh database."""
    app = create_app(settings, judge, database)
    app.testing = True
    return app


@pytest.fixture
def stranger(app):
    """Somebody who is not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def visitor(app, database):
    """Makes people who are signed in: `visitor("Ada", "lead")`."""

    def make(name="Ada", role="lead"):
        key, person = keys.make(), made(database, name, role)
        with database.writing() as session:
            until = times.now() + times.DAY
            login = Login(hash=keys.hashed(key), person_id=person.id, created=times.now(), expires=until)
            session.add(login)
        client = app.test_client()
        client.set_cookie(COOKIE, key)
        return Visitor(client, person)

    return make


@pytest.fixture
def lead(visitor):
    """A lead at a browser."""
    return visitor()


@pytest.fixture
def moderator(visitor):
    """A moderator at a browser."""
    return visitor("Tom", "moderator")


@pytest.fixture
def reader(visitor):
    """A reader at a browser."""
    return visitor("Rhee", "reader")


@pytest.fixture
def store(database, judge):
    """Takes in an article and returns its number: `store(text, title=…, source=…)`."""

    def take(text, source="Tidewater Post", **more):
        result = intake.store(database, judge, [Incoming(text, **more)], source, "test")[0]
        assert result.state in ("stored", "replaced"), result
        return result.article_id

    return take


@pytest.fixture
def article(store):
    """The number of an article with a story and two notices."""
    return store(f"{STORY}\n\n{ADVICE}\n\n{RIGHTS}", key="a1", title="Harbour open again")


@pytest.fixture
def families(database, article):
    """The families of the article's segments, in order: story, advice, rights."""
    from web.data import articles

    with database.reading() as session:
        rows = articles.segments(session, article)
        found = articles.families(session, rows)
    return [found[row.family_id] for row in rows]


@pytest.fixture
def family(database):
    """Reads a family anew: `family(12)`."""
    from web.data import families

    def read(number):
        with database.reading() as session:
            return families.get(session, number)

    return read
