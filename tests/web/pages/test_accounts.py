"""Coming in and going out."""

import pytest

from tests.web.conftest import PASSWORD
from web.data import people
from web.data.errors import SignInError
from web.factory import ATTEMPTS


@pytest.fixture
def link(database):
    """The path of a one-time link for a new lead."""
    with database.writing() as session:
        return f"/set-up/{people.make_link(session)}"


@pytest.fixture
def ada(database, link):
    """A lead with a password."""
    return people.use_link(database, link.removeprefix("/set-up/"), "Ada", PASSWORD)


def test_link_makes_a_person(stranger, link):
    """The one-time link makes the first lead, who is signed in at once."""
    answer = stranger.post(link, name="Ada", password=PASSWORD, again=PASSWORD)
    assert answer.request.path == "/queue" and "Ada" in answer.text and "Journal" in answer.text


def test_link_works_once(stranger, link):
    """A link that was used opens nothing."""
    stranger.post(link, name="Ada", password=PASSWORD, again=PASSWORD)
    assert stranger.get(link).status_code == 404


@pytest.mark.parametrize(
    ("name", "password", "again", "told"),
    [
        ("Ada", PASSWORD, "another one here", "differ"),
        ("Ada", "short", "short", "12 to"),
        ("", PASSWORD, PASSWORD, "A name has"),
    ],
)
def test_link_asks_again(stranger, link, name, password, again, told):
    """A poor name or password is asked for again with the reason, and the link stays good."""
    answer = stranger.post(link, name=name, password=password, again=again)
    assert answer.status_code == 422 and told in answer.text
    assert stranger.get(link).status_code == 200


def test_sign_in(stranger, ada):
    """Name and password let one in, on to the page that was wanted, by a cookie that no script reads."""
    answer = stranger.post("/sign-in?next=/sources", follow=False, name="Ada", password=PASSWORD)
    assert answer.location == "/sources"
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("detector_person="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_wrong_password_and_unknown_name_look_alike(stranger, ada):
    """Nobody learns from the sign-in which names there are."""
    wrong = stranger.post("/sign-in", name="Ada", password="wrong")
    unknown = stranger.post("/sign-in", name="Adb", password="wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert "Name or password is wrong" in wrong.text and "Name or password is wrong" in unknown.text


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"]
)
def test_sign_in_never_leads_out(stranger, ada, wanted):
    """A link to the sign-in cannot send one on to another site."""
    answer = stranger.client.post(
        "/sign-in",
        query_string={"next": wanted},
        data={"csrf_token": stranger.token(), "name": "Ada", "password": PASSWORD},
    )
    assert answer.location == "/"


def test_attempts_are_limited(stranger, ada, monkeypatch):
    """From one address only so many attempts a minute reach the passwords."""
    most = int(ATTEMPTS.split()[0])
    token = stranger.token()
    calls = []

    def refuse(*_):
        calls.append(1)
        raise SignInError("no")

    monkeypatch.setattr("web.pages.accounts.people.sign_in", refuse)
    codes = [
        stranger.client.post("/sign-in", data={"csrf_token": token, "name": f"n{i}"}).status_code
        for i in range(most + 3)
    ]
    assert codes[-1] == 429 and len(calls) <= most


def test_sign_out_ends_the_cookie(app, stranger, ada):
    """After the sign-out the key of the old cookie opens nothing, wherever it was copied to."""
    answer = stranger.post("/sign-in", follow=False, name="Ada", password=PASSWORD)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("detector_person="))
    key = cookie.split("=", 1)[1].split(";")[0]
    stranger.post("/sign-out")
    client = app.test_client()
    client.set_cookie("detector_person", key)
    assert client.get("/articles").status_code == 303


def test_nobody_yet(stranger, database):
    """While nobody is set up, the sign-in says where the link is."""
    assert "one-time link" in stranger.get("/sign-in").text


def test_theme_is_kept(lead):
    """Light or dark, once chosen, holds for the next page; the form leads back to where one was."""
    answer = lead.post("/theme", theme="dark", next="/sources")
    assert answer.request.path == "/sources" and 'data-theme="dark"' in answer.text
    assert 'data-theme="dark"' in lead.post("/theme", theme="pink", next="/sources").text


def test_roles(reader, moderator, article):
    """A reader decides nothing, a moderator invites nobody: both are told who can help."""
    assert reader.get("/queue").status_code == 403
    answer = moderator.get("/people")
    assert answer.status_code == 403 and "ask a lead" in answer.text


def test_home(reader, moderator):
    """The first page is the one with one's work."""
    assert reader.get("/").location == "/articles"
    assert moderator.get("/").location == "/queue"


def test_sign_in_begins_anew(stranger, ada):
    """What an earlier user of the browser left, and a token from before, are gone after the sign-in."""
    before = stranger.token()
    with stranger.client.session_transaction() as kept:
        kept["skipped"] = [7]
    stranger.post("/sign-in", name="Ada", password=PASSWORD)
    with stranger.client.session_transaction() as kept:
        assert "skipped" not in kept
    assert stranger.client.post("/theme", data={"csrf_token": before}).status_code == 400
