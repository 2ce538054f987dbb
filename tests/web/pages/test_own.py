"""One's own settings."""

import re

import pytest

from web import names
from web.data import people

KEYS = {act: key for act, (key, _) in names.KEYS.items()} | {"shortcuts": "on"}


def test_keys(moderator, families):
    """A key that was chosen is on the button."""
    moderator.post("/settings/keys", **KEYS | {"hide": "ArrowLeft", "keep": "ArrowRight"})
    page = moderator.get(f"/queue/{families[1].id}").text
    assert 'value="hide" data-key="ArrowLeft"' in page and 'value="unsure" data-key="u"' in page


def test_keys_off(moderator, families):
    """Single keys can be switched off, and then no button has one."""
    moderator.post("/settings/keys", **{name: key for name, key in KEYS.items() if name != "shortcuts"})
    assert "data-key" not in moderator.get(f"/queue/{families[1].id}").text
    moderator.post("/settings/keys", **KEYS)
    assert "data-key" in moderator.get(f"/queue/{families[1].id}").text


@pytest.mark.parametrize("wrong", [{"hide": "n"}, {"hide": "Escape"}, {"hide": "ab"}])
def test_keys_that_cannot_be(moderator, wrong):
    """Two acts on one key, or what is no key, are refused with the reason."""
    answer = moderator.post("/settings/keys", **KEYS | wrong)
    assert answer.status_code == 422 and 'role="alert"' in answer.text


@pytest.fixture
def ada(app, database, stranger):
    """A lead with a password, signed in."""
    with database.writing() as session:
        key = people.make_link(session)
    stranger.post(f"/set-up/{key}", name="Ada", password="a quiet harbour", again="a quiet harbour")
    return stranger


def test_password(ada, app):
    """A new password signs out every other browser, and not this one."""
    fields = {"old": "a quiet harbour", "password": "a loud harbour bell", "again": "a loud harbour bell"}
    answer = ada.post("/settings/password", **fields)
    assert "Your password is changed" in answer.text
    other = app.test_client()
    token = re.search(r'csrf_token" value="([^"]+)', other.get("/sign-in").text)[1]
    data = {"csrf_token": token, "name": "Ada", "password": "a quiet harbour"}
    assert other.post("/sign-in", data=data).status_code == 401


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"old": "wrong", "password": "a loud harbour bell", "again": "a loud harbour bell"}, 401),
        ({"old": "a quiet harbour", "password": "a loud harbour bell", "again": "other"}, 422),
        ({"old": "a quiet harbour", "password": "short", "again": "short"}, 422),
    ],
)
def test_password_refused(ada, fields, code):
    """A wrong old password or a poor new one changes nothing."""
    assert ada.post("/settings/password", **fields).status_code == code
    assert ada.get("/settings").status_code == 200


def test_token_is_shown_once(moderator):
    """A token is shown when it is made, and never again."""
    page = moderator.post("/settings/tokens", name="feed", scopes=["read", "intake"], days="30").text
    key = re.search(r"ddt_[\w-]+", page)[0]
    again = moderator.get("/settings").text
    assert key not in again and "feed" in again
    answer = moderator.client.get("/api/v1/articles", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200


def test_token_ended(moderator, lead):
    """A token that was ended is shown as such; that of somebody else cannot be."""
    moderator.post("/settings/tokens", name="feed", scopes=["read"], days="")
    assert "without an end" in moderator.get("/settings").text
    lead.post("/settings/tokens", name="lead's", scopes=["read"], days="3")
    assert moderator.post("/settings/tokens/2/revoke").status_code == 404
    assert "ended" in moderator.post("/settings/tokens/1/revoke").text


@pytest.mark.parametrize(
    "fields", [{"name": "x"}, {"name": "", "scopes": "read"}, {"name": "x", "scopes": "read", "days": "x"}]
)
def test_token_refused(moderator, fields):
    """A token without name or use, or with a strange term, is not made."""
    assert moderator.post("/settings/tokens", **fields).status_code == 422


def test_reader_has_few_tokens(reader):
    """A reader's token may only read."""
    assert reader.post("/settings/tokens", name="x", scopes=["decide"], days="9").status_code == 403
