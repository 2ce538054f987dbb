"""Who may call, how often, and how the API says no."""

import json

import pytest

from tests.web.api.conftest import ARTICLE, STORY, Caller
from web.data import tokens
from web.openapi import DOCUMENT

#: A call of each scope.
CALLS = {
    "read": ("GET", "/articles", None),
    "intake": ("POST", "/articles", ARTICLE),
    "decide": ("GET", "/queue/next", None),
    "export": ("GET", "/export", None),
}


def is_problem(answer, status):
    """Whether an answer is problem details with its status and the request's id."""
    body = answer.json
    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == body["status"] == status
    assert body["request_id"] == answer.headers["X-Request-Id"] and body["detail"] and body["title"]
    return True


@pytest.mark.parametrize("scope", tokens.SCOPES)
def test_a_token_is_for_its_scopes_alone(caller, scope):
    """Every other scope is refused with 403."""
    role = "reader" if scope == "read" else "moderator"
    one = caller(role, scope)
    for name, (method, path, body) in CALLS.items():
        answer = one(method, path, json=body)
        assert answer.status_code < 300 if name == scope else is_problem(answer, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer ddt_wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \udc80"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "nonsense"},
        {"Cookie": "detector_person=x; session=y"},
    ],
)
def test_without_a_good_token_nothing_is_told(app, headers):
    """Wrong, missing or of another sort: 401, and how to do it."""
    try:
        answer = app.test_client().get("/api/v1/articles", headers=headers)
    except UnicodeError:
        pytest.skip("the test client cannot send this")
    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends(lead, database, person, app):
    """Revoked, expired, or of somebody who was shut out: 401."""
    who = person("Grace", "moderator")
    with database.writing() as session:
        row, key = tokens.make(session, who, "short", ["read"], days=1)
        tokens.revoke(session, who, row.id)
    assert is_problem(Caller(app.test_client(), key).get("/articles"), 401)


def test_tokens_of_others_are_hidden(caller, lead, notice):
    """What is not the caller's to undo is not there for him: nothing is taken back."""
    lead.post(f"/families/{notice}/decisions", json={"verdict": "keep"})
    assert caller("moderator").post("/undo").json == {"decision": None, "batch": None}
    assert lead.get(f"/families/{notice}").json["verdict"] == "keep"


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999", "9" * 18, "9" * 40, "1.5", "%00"])
@pytest.mark.parametrize("path", ["/articles/{}", "/articles/{}/clean", "/families/{}", "/sources/{}/policy"])
def test_an_unknown_number_is_not_found(lead, path, number):
    """Whatever it looks like."""
    assert is_problem(lead.get(path.format(number)), 404)


def test_an_unknown_path_and_method_are_problems_too(lead):
    """404 and 405 with the methods that there are."""
    assert is_problem(lead.get("/nothing"), 404)
    answer = lead("DELETE", "/articles")
    assert is_problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe\xfd",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 5000,
        b"NaN",
        b'{"text": Infinity}',
    ],
    ids=["empty", "open", "bytes", "deep list", "deep object", "long number", "NaN", "Infinity"],
)
def test_what_is_no_json_is_said_to_be_none(lead, data):
    """400, however hostile."""
    for path in ("/articles", "/articles/clean"):
        assert is_problem(lead.post(path, data=data, content_type="application/json"), 400)


def test_a_body_of_another_type_is_refused(lead):
    """415: a form of a strange site cannot be taken for a call."""
    for path in ("/articles", "/articles/clean", "/hooks"):
        answer = lead.post(path, data=json.dumps(ARTICLE), content_type="text/plain")
        assert is_problem(answer, 415)


def test_a_body_beyond_the_limit_is_refused(lead):
    """413, and nothing is stored."""
    assert is_problem(lead.post("/articles", json=ARTICLE | {"text": STORY * 10_000}), 413)
    assert lead.get("/articles").json["articles"] == []


def test_a_person_may_call_so_often(app, caller):
    """One too many is told when to come back; others are not slowed."""
    app.config["API_RATE"] = 3
    one, other = caller(), caller()
    assert [one.get("/sources").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = one.get("/sources")
    assert is_problem(answer, 429) and 1 <= int(answer.headers["Retry-After"]) <= 60
    assert other.get("/sources").status_code == 200


def test_guessing_is_slowed_but_good_tokens_are_not(app, caller):
    """From one address, which may be that of a proxy for all."""
    app.config["API_FAILURES"] = 3
    good, bad = caller(), Caller(app.test_client(), "ddt_guess")
    assert [bad.get("/sources").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert good.get("/sources").status_code == 200


def test_a_lost_database_is_told(app, lead, tmp_path):
    """503 with when to come back, and the remedy; when it is back, it goes on."""
    from web.data.database import Database

    there, app.extensions["database"] = app.extensions["database"], Database.open(tmp_path / "no.db")
    answer = lead.get("/articles")
    assert is_problem(answer, 503) and answer.headers["Retry-After"]
    app.extensions["database"].close()
    app.extensions["database"] = there
    assert lead.get("/articles").status_code == 200


def test_what_nobody_foresaw_is_not_told(app, lead, monkeypatch):
    """500 with the request's id, and nothing of the inside."""
    from web import api

    app.testing = False
    monkeypatch.setattr(api.articles, "listed", lambda *a: 1 / 0)
    answer = lead.get("/articles")
    assert is_problem(answer, 500)
    assert "division" not in answer.text


def test_answers_are_kept_by_nobody(lead, stored):
    """What a token opens is not for caches; a clean article is checked each time."""
    assert lead.get("/articles").headers["Cache-Control"] == "no-store"
    assert lead.get(f"/articles/{stored}/clean").headers["Cache-Control"] == "private, no-cache"


def test_scopes_of_the_document_are_those_of_the_views(app):
    """What the document says that a token must be for is what the view checks."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            path = rule.rule.removeprefix("/api/v1").split("<")
            name = path[0] + "".join("{number}" + part.split(">")[1] for part in path[1:])
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                told = DOCUMENT["paths"][name][method.lower()]["security"]
                assert told == [{"token": [app.view_functions[rule.endpoint].scope]}]
