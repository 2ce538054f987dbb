"""People: invitations, roles, and who is shut out."""

import re


def link(page):
    """The path of the link that a page shows."""
    return re.search(r"http://localhost(/set-up/[^<\s]+)", page)[1]


def test_invite(lead, stranger):
    """A lead makes a link that makes a person of a role."""
    path = link(lead.post("/people/invite", role="moderator").text)
    answer = stranger.post(path, name="Uma", password="a quiet harbour", again="a quiet harbour")
    assert answer.request.path == "/queue"
    assert "Uma" in lead.get("/people").text


def test_new_password(lead, moderator, stranger):
    """A lead makes a link by which somebody sets a new password; old sign-ins end with it."""
    path = link(lead.post(f"/people/{moderator.person.id}/link").text)
    assert "For <strong><bdi>Tom" in stranger.get(path).text
    stranger.post(path, password="a quiet harbour", again="a quiet harbour")
    assert moderator.get("/queue").status_code == 303


def test_role(lead, moderator):
    """A role that was changed holds at once."""
    assert "Tom is a lead now" in lead.post(f"/people/{moderator.person.id}", do="role", role="lead").text
    assert moderator.get("/people").status_code == 200


def test_last_lead_stays(lead):
    """The last lead cannot be made less, nor shut out."""
    for fields in ({"do": "role", "role": "reader"}, {"do": "out"}):
        answer = lead.post(f"/people/{lead.person.id}", **fields)
        assert answer.status_code == 403 and "last lead" in answer.text


def test_shut_out(lead, moderator):
    """Who is shut out is out at once, and may be let in again."""
    lead.post(f"/people/{moderator.person.id}", do="out")
    assert moderator.get("/queue").status_code == 303
    assert "may sign in again" in lead.post(f"/people/{moderator.person.id}", do="in").text


def test_strange_wishes(lead, moderator):
    """What is no change, no role or no person is refused."""
    assert lead.post(f"/people/{moderator.person.id}", do="burn").status_code == 422
    assert lead.post("/people/invite", role="king").status_code == 422
    assert lead.post("/people/99", do="out").status_code == 404


def test_tokens_of_others(lead, moderator):
    """A lead ends anybody's token."""
    moderator.post("/settings/tokens", name="feed", scopes=["read"], days="9")
    assert "feed" in lead.get("/people").text
    assert "opens nothing any more" in lead.post("/people/tokens/1/revoke").text


def test_moderators_change_nobody(moderator):
    """Nobody but a lead changes people."""
    assert moderator.post("/people/1", do="role", role="lead").status_code == 403
    assert moderator.post("/people/invite", role="lead").status_code == 403
