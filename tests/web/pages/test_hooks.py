"""Webhooks: who is told, what arrived, and a test."""

import re

import pytest

from web.data import outbox, verdicts

URL = "https://hooks.example/in"


@pytest.fixture
def answer(monkeypatch):
    """What the address answers: a status or an error, to be set; `sent` holds what it got."""

    class Address:
        status, sent = 204, []

        def post(self, url, body, headers):
            self.sent.append((url, body, headers))
            if isinstance(self.status, Exception):
                raise self.status
            return self.status

    address = Address()
    monkeypatch.setattr(outbox, "post", address.post)
    return address


@pytest.fixture
def decided(database, families):
    """Hides a wording as somebody: `decided(lead.person)`."""

    def decide(person):
        with database.writing() as session:
            verdicts.decide(session, person, families[1].id, "hide")

    return decide


def test_secret_is_shown_once(lead):
    """An address is added, and its secret shown then and never again."""
    page = lead.post("/hooks", url=f" {URL} ").text
    secret = re.search(r'<code class="secret">([^<]+)', page)[1]
    again = lead.get("/hooks").text
    assert URL in again and secret not in again and "Nobody is told yet" not in again


@pytest.mark.parametrize("poor", ["", "ftp://hooks.example", "javascript:alert(1)", "https://a b"])
def test_poor_addresses(lead, poor):
    """What is no web address is refused with the reason, and stays in the field to be mended."""
    answer = lead.post("/hooks", url=poor)
    assert answer.status_code == 422 and "begins with https://" in answer.text
    assert f'value="{poor}"' in answer.text and "Nobody is told yet" in answer.text


def test_messages_are_listed(lead, database, decided, answer):
    """Each message with what it is of, and whether it waits, arrived or did not."""
    lead.post("/hooks", url=URL)
    assert "the next verdict is the first" in lead.get("/hooks").text
    decided(lead.person)
    page = lead.get("/hooks").text
    assert ">waits<" in page and re.search(r'href="/wordings/\d+">wording', page)
    answer.status = 500
    outbox.deliver(database)
    assert "status 500; tried 1 time, again at " in lead.get("/hooks").text
    with database.writing() as session:
        outbox.deliveries(session)[0][0].next_try = 1
    answer.status = 200
    outbox.deliver(database)
    page = lead.get("/hooks").text
    assert ">arrived<" in page and "status 500" not in page


def test_a_test_arrives(lead, answer):
    """A test is sent at once, signed, and told of."""
    lead.post("/hooks", url=URL)
    assert "The test arrived" in lead.post("/hooks/1/test").text
    ((url, body, headers),) = answer.sent
    assert url == URL and b'"test"' in body and outbox.HEADER in headers


@pytest.mark.parametrize(("status", "told"), [(404, "status 404"), (ConnectionRefusedError("no"), "Refused")])
def test_a_test_that_does_not_arrive(lead, answer, status, told):
    """The reason is told at once, with where to look."""
    lead.post("/hooks", url=URL)
    answer.status = status
    page = lead.post("/hooks/1/test").text
    assert told in page and "Look at the address" in page and ">not arrived<" in page


def test_off_and_on(lead, decided, answer, database):
    """An address that is switched off is told nothing; switched on, it is told again."""
    lead.post("/hooks", url=URL)
    assert "is told nothing any more" in lead.post("/hooks/1", do="off").text
    decided(lead.person)
    assert outbox.deliver(database) == 0
    assert "from now on" in lead.post("/hooks/1", do="on").text
    assert ">off<" not in lead.get("/hooks").text


def test_removed(lead, answer):
    """An address that was removed is gone, and what it was told stays on record."""
    lead.post("/hooks", url=URL)
    lead.post("/hooks/1/test")
    assert "forgotten" in lead.post("/hooks/1", do="remove").text
    assert "Nobody is told yet" in lead.get("/hooks").text
    for path in ("/hooks/1", "/hooks/1/test"):
        assert lead.post(path, do="on").status_code == 404
    assert len(answer.sent) == 1


def test_strange_wishes(lead):
    """What is no change is refused."""
    lead.post("/hooks", url=URL)
    assert lead.post("/hooks/1", do="burn").status_code == 422


def test_for_leads_alone(moderator, lead):
    """Nobody else sees addresses, adds, tests or changes them, or is led there."""
    lead.post("/hooks", url=URL)
    assert moderator.get("/hooks").status_code == 403
    for path in ("/hooks", "/hooks/1", "/hooks/1/test"):
        assert moderator.post(path, url=URL, do="off").status_code == 403
    assert "/hooks" in lead.get("/sources").text and "/hooks" in lead.get("/settings").text
    assert "/hooks" not in moderator.get("/sources").text + moderator.get("/settings").text
