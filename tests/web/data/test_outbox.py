"""Telling hooks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select

from tests.web.data.test_outcome import RIGHTS, STORY
from web.data import outbox, verdicts
from web.data.errors import InvalidError, NotFoundError, RefusedError
from web.data.schema import Delivery, Family


@pytest.fixture
def hook(database, lead):
    """A hook."""
    with database.writing() as session:
        return outbox.add_hook(session, lead, "https://harbour.example/hook")


@pytest.fixture
def family(database, take_in):
    """The number of a family that is open."""
    take_in(f"{STORY}\n\n{RIGHTS}")
    with database.reading() as session:
        return session.scalar(select(Family.id).where(Family.status == "open"))


def decide(database, person, family, verdict="hide"):
    with database.writing() as session:
        verdicts.decide(session, person, family, verdict)


def test_verdict_is_told_signed(database, hook, moderator, family):
    """A verdict reaches the hook once, with a signature that its secret checks."""
    sent = []
    decide(database, moderator, family)
    assert outbox.deliver(database, send=lambda *message: sent.append(message) or 204) == 1
    assert outbox.deliver(database, send=lambda *message: sent.append(message) or 204) == 0
    ((url, body, headers),) = sent
    assert url == hook.url
    told = json.loads(body)
    assert (told["event"], told["family"], told["verdict"]) == ("verdict", family, "hide")
    signature = headers[outbox.HEADER]
    at = int(signature[2:].split(",")[0])
    assert outbox.verified(hook.secret, signature, body, at)
    assert not outbox.verified(hook.secret, signature, body + b" ", at)
    assert not outbox.verified("other", signature, body, at)
    assert not outbox.verified(hook.secret, signature, body, at + 301)


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=١,v1=x", "t=9" * 40, "v1=é"])
def test_bad_signature_is_no_error(header):
    """Whatever stands in the header, the answer is no."""
    assert not outbox.verified("secret", header, b"", 1)


def test_undo_is_told(database, hook, moderator, family):
    """Taking back changes the verdict, so it is told; saying the same again is not."""
    decide(database, moderator, family)
    decide(database, moderator, family)
    with database.writing() as session:
        verdicts.undo(session, moderator)
        verdicts.undo(session, moderator)
        assert [d.body["verdict"] for d in session.scalars(select(Delivery).order_by(Delivery.id))] == [
            "hide",
            None,
        ]


def test_rolled_back_is_not_told(database, hook, moderator, family):
    """What did not happen is not told."""
    with pytest.raises(KeyError), database.writing() as session:
        verdicts.decide(session, moderator, family, "hide")
        raise KeyError
    assert outbox.deliver(database, send=lambda *_: 200) == 0


def test_failure_is_tried_again_later_and_later(database, hook, moderator, family, clock):
    """A hook that is down is tried after twice the pause each time, and given up in the end."""
    decide(database, moderator, family)
    tries = []

    def down(*_):
        tries.append(clock.now)
        if len(tries) % 2:
            raise ConnectionRefusedError("no")
        return 500

    for _ in range(2000):
        outbox.deliver(database, send=down)
        clock.now += 300
    assert len(tries) == outbox.TRIES
    with database.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert (delivery.next_try, delivery.delivered, delivery.error) == (None, None, "status 500")


def test_killed_sender_is_followed_by_another(database, hook, moderator, family, clock):
    """A message that somebody took and never sent is sent after a while, not before."""
    decide(database, moderator, family)

    def killed(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outbox.deliver(database, send=killed)
    assert outbox.deliver(database, send=lambda *_: 200) == 0
    clock.now += outbox.SENDING
    assert outbox.deliver(database, send=lambda *_: 200) == 1


def test_removed_hook_is_told_nothing(database, hook, lead, moderator, family):
    """Neither what is new nor what waits."""
    decide(database, moderator, family)
    with database.writing() as session:
        outbox.remove_hook(session, lead, hook.id)
        with pytest.raises(NotFoundError):
            outbox.remove_hook(session, lead, hook.id)
    assert outbox.deliver(database, send=lambda *_: 200) == 0


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "https://", "http://a b", "http://x:99999", "gopher://x"]
)
def test_poor_addresses_are_refused(database, lead, address):
    """A hook is a web address."""
    with pytest.raises(InvalidError), database.writing() as session:
        outbox.add_hook(session, lead, address)


def test_hooks_are_for_leads(database, moderator):
    """A moderator adds none."""
    with pytest.raises(RefusedError), database.writing() as session:
        outbox.add_hook(session, moderator, "https://harbour.example")


def test_post_sends_and_follows_nothing():
    """The body arrives with its headers; a redirect is an answer like any other."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(
                (self.path, self.rfile.read(int(self.headers["Content-Length"])), self.headers["X-A"])
            )
            self.send_response(302)
            self.send_header("Location", "/other")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    try:
        assert outbox.post(f"http://127.0.0.1:{server.server_port}/a?b=c", b"body", {"X-A": "1"}) == 302
    finally:
        thread.join()
        server.server_close()
    assert seen == [("/a?b=c", b"body", "1")]
