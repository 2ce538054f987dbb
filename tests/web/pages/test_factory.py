"""The application as a whole: headers, errors, forms."""

import io
import re
import shutil

import pytest

from web.data.database import Database
from web.factory import create_app

INLINE = re.compile(r"<style|<script(?![^>]* src=)| style=| on\w+=\"|javascript:", re.IGNORECASE)


def pages(app):
    """All addresses that need no number."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    return sorted(rule.rule for rule in rules if not rule.rule.startswith(("/api", "/metrics")))


def test_every_answer_forbids_strange_code(app, lead):
    """No answer lets a browser run inline or foreign code, guess types, or show the page in a frame."""
    for path in [*pages(app), "/nothing"]:
        headers = lead.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_needs_inline_code(app, lead, article, families):
    """No page has a script or style of its own, which the policy would stop."""
    more = [f"/articles/{article}", f"/wordings/{families[1].id}", f"/queue/{families[1].id}", "/sources/1"]
    for path in pages(app) + more:
        answer = lead.get(path)
        if answer.content_type.startswith("text/html"):
            assert not INLINE.search(answer.text), path


def test_every_page_answers(app, lead, article):
    """A lead gets every page, with articles and without."""
    for path in pages(app):
        if path not in ("/bulk", "/readyz"):
            assert lead.get(path).status_code in (200, 302), path


def test_request_ids(stranger):
    """A sane request id comes back; a strange one is replaced; without one there is a new one."""
    given = stranger.get("/sign-in", headers={"X-Request-Id": "abc-1"})
    assert given.headers["X-Request-Id"] == "abc-1"
    strange = stranger.get("/sign-in", headers={"X-Request-Id": "a b<"})
    assert re.fullmatch("[0-9a-f]{32}", strange.headers["X-Request-Id"])


@pytest.fixture
def posts(app):
    """All addresses of forms, with 1 for each number."""
    found = []
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods and not rule.rule.startswith("/api"):
            found.append(re.sub(r"<[^>]+>", "1", rule.rule))
    return found


def test_no_form_without_its_token(lead, posts):
    """A form that another site makes a browser send changes nothing: every one needs its token."""
    assert len(posts) > 20
    for path in posts:
        answer = lead.client.post(path, data={"name": "x", "verdict": "hide"})
        assert answer.status_code == 400 and "This form is too old" in answer.text, path


def test_every_form_carries_its_token(app, lead, article, families):
    """Every form of every page that changes something has the token in it."""
    more = [f"/articles/{article}", f"/wordings/{families[1].id}", f"/queue/{families[1].id}", "/sources/1"]
    for path in pages(app) + more:
        for form in re.findall(r'<form method="post".*?</form>', lead.get(path).text, re.DOTALL):
            assert 'name="csrf_token"' in form, (path, form[:200])


def test_no_page_without_signing_in(app, stranger):
    """Who is not signed in sees the sign-in and nothing else, and gets on to what was wanted afterwards."""
    open_ones = {"/sign-in", "/healthz", "/readyz", "/openapi.json"}
    for path in set(pages(app)) - open_ones - {"/"}:
        answer = stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.location == f"/sign-in?next={path}"


def test_forms_of_those_signed_out(app, stranger, lead):
    """A form of somebody who was signed out changes nothing, and says so."""
    token = stranger.token()
    answer = stranger.client.post("/sources", data={"csrf_token": token, "name": "x"}, follow_redirects=True)
    assert "You were signed out" in answer.text
    assert "<bdi>x</bdi>" not in lead.get("/sources").text


def test_unknown_page(lead):
    """An address that leads nowhere says so, and shows the ways of who is signed in."""
    answer = lead.get("/nothing")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text and "Journal" in answer.text


def test_unknown_address_of_the_api(lead):
    """A program gets a problem that it can read, not a page."""
    assert lead.get("/api/v1/nothing").content_type == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/articles/999", "/wordings/999", "/sources/999", "/bulk/999", "/queue/999"]
)
def test_numbers_of_nothing(lead, path):
    """A number that belongs to nothing is told as such."""
    answer = lead.get(path)
    assert answer.status_code == 404 and "There is no" in answer.text


def test_too_large(lead):
    """What is larger than the server takes is refused with what to do."""
    data = {"csrf_token": lead.token(), "source": "x", "files": (io.BytesIO(b"a" * 300_000), "a.txt")}
    answer = lead.client.post("/intake", data=data)
    assert answer.status_code == 413 and "Send it in smaller parts" in answer.text


def test_database_gone(settings, judge, tmp_path, ready_sqlite):
    """While the database is gone pages say so with the remedy; when it is back they work again."""
    path = tmp_path / "gone" / "web.db"
    database = Database.open(path)
    path.mkdir(parents=True)
    client = create_app(settings, judge, database).test_client()
    client.set_cookie("detector_person", "x")
    answer = client.get("/queue")
    assert answer.status_code == 503 and "check the folder" in answer.text
    path.rmdir()
    shutil.copy(ready_sqlite, path)
    assert client.get("/queue").status_code == 303
    database.close()


def test_unforeseen_errors_tell_nothing(app, lead, monkeypatch):
    """An error that nobody foresaw shows its request's number and nothing of its cause."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("web.pages.dashboard.statistics.histogram", lambda *_: 1 / 0)
    answer = lead.get("/dashboard", headers={"X-Request-Id": "abc-1"})
    assert answer.status_code == 500
    assert "abc-1" in answer.text and "division" not in answer.text


def test_log_names_the_request(app, lead, monkeypatch, caplog):
    """The line of the log about such an error begins with the request's id."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("web.pages.dashboard.statistics.histogram", lambda *_: 1 / 0)
    lead.get("/dashboard", headers={"X-Request-Id": "abc-1"})
    assert caplog.messages[-1].startswith("[abc-1]")


def test_pages_are_not_kept(lead):
    """No cache keeps a page after the sign-out."""
    assert lead.get("/articles").headers["Cache-Control"] == "no-store"


def test_https(settings, judge, database):
    """Where people come by https, cookies are sent only so, and browsers are told to stay with it."""
    from dataclasses import replace

    client = create_app(replace(settings, secure=True), judge, database).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers
