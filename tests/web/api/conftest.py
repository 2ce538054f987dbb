"""The application on a fresh database, people with tokens, and a short way to call the API."""

import pytest

from tests.web.conftest import ADVICE as NOTICE
from tests.web.conftest import STORY
from web.data import people, tokens
from web.factory import create_app

ARTICLE = {"source": "Tidewater Post", "key": "a1", "text": f"{STORY}\n\n{NOTICE}\n"}


class Caller:
    """Calls the API with the token of a person."""

    def __init__(self, client, key):
        self.client, self.key = client, key

    def __call__(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.key}"} | options.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, buffered=True, **options)

    def get(self, path, **options):
        return self("GET", path, **options)

    def post(self, path, **options):
        return self("POST", path, **options)


@pytest.fixture
def app(database, judge, settings):
    """The application; the database is fresh, on SQLite and on PostgreSQL."""
    app = create_app(settings, judge, database)
    app.testing = True
    app.config["API_RATE"] = 10_000
    return app


@pytest.fixture
def caller(app, database, person):
    """Makes callers, each a new person: `caller("moderator", "read", "decide")`."""
    made = iter(range(100))

    def make(role="lead", *scopes):
        who = person(f"{role} {next(made)}", role)
        with database.writing() as session:
            _, key = tokens.make(session, people.get(session, who.id), "tests", scopes or tokens.SCOPES)
        return Caller(app.test_client(), key)

    return make


@pytest.fixture
def lead(caller):
    """A lead whose token is for everything."""
    return caller()


@pytest.fixture
def stored(lead):
    """The number of an article that is there."""
    return lead.post("/articles", json=ARTICLE).json["article"]


@pytest.fixture
def notice(lead, stored):
    """The number of the family of its notice."""
    segments = lead.get(f"/articles/{stored}").json["segments"]
    return next(row["family"] for row in segments if row["label"] == "notice")
