"""The application on a fresh database, people with tokens, and a short way to call the API."""

import pytest

from web.data import people, tokens
from web.data.schema import Person
from web.factory import create_app
from web.settings import Settings

STORY = "The harbour reopened on Monday after the long repairs, and the first ferry left at seven."
NOTICE = "This article is for information only and is not investment advice."
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
def app(database, judge, tmp_path):
    """The application; the database is fresh, on SQLite and on PostgreSQL."""
    settings = Settings(str(tmp_path / "unused.db"), "s" * 48, "127.0.0.1", 8000, tmp_path, 300_000, False)
    app = create_app(settings, judge, database)
    app.testing = True
    app.config["API_RATE"] = 10_000
    return app


@pytest.fixture
def person(database):
    """Makes people: `person("Ada", "lead")`."""

    def make(name, role):
        with database.writing() as session:
            made = Person(name=name, role=role, active=True, keys={}, created=0, cards=0)
            session.add(made)
            session.flush()
            return made

    return make


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
