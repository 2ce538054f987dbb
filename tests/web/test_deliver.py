"""Webhooks leave in the background, and a lost database does not end that."""

import threading

import pytest

from web import deliver
from web.data import outbox
from web.data.errors import DataError, NotFoundError, RefusedError


@pytest.fixture
def sent(monkeypatch):
    """What `outbox.deliver` gives or raises, one a call; an event tells that all were asked for."""

    def play(*outcomes):
        left, done = list(outcomes), threading.Event()

        def give(database, limit):
            outcome = left.pop(0) if left else 0
            if not left:
                done.set()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(outbox, "deliver", give)
        return done

    return play


def test_it_looks_again_and_again(sent):
    """At once while there is much, then after a pause."""
    done = sent(deliver.AT_ONCE, deliver.AT_ONCE, 3, 0, 1)
    delivery = deliver.Delivery(None, pause=0)
    delivery.start()
    assert done.wait(30)
    delivery.stop()


def test_a_lost_database_is_waited_for(sent, monkeypatch, caplog):
    """It is told in the log, and afterwards goes on."""
    monkeypatch.setattr(deliver, "LONG_PAUSE", 0)
    done = sent(DataError("gone"), 1)
    delivery = deliver.Delivery(None, pause=0)
    delivery.start()
    assert done.wait(30)
    delivery.stop()
    assert "gone" in caplog.text


def test_it_stops(sent):
    """Also in the middle of a pause, and one that never began."""
    sent(0)
    delivery = deliver.Delivery(None, pause=3600)
    delivery.start()
    delivery.stop()
    assert not delivery._thread.is_alive()
    deliver.Delivery(None).stop()


def test_all_that_is_due_is_sent(sent):
    """Not only what goes at once."""
    sent(20, 20, 5, 0)
    assert deliver.delivered(None) == 45


@pytest.fixture
def hook(database, lead):
    """The number of a hook with a message that waits."""
    with database.writing() as session:
        made = outbox.add_hook(session, lead, "https://hooks.example/in")
        outbox.tell(session, "own", {"article": 1})
    return made.id


def states(database):
    """Of each message, the newest first: what it tells of, whether it arrived, whether it is still sent."""
    with database.reading() as session:
        found = outbox.deliveries(session)
    return [(one.event, one.delivered is not None, one.next_try is not None) for one, _ in found]


def test_a_hook_that_is_off_is_told_nothing(database, lead, hook):
    """Neither what waits nor what is new; switched on, it is told what is new, not what it missed."""
    with database.writing() as session:
        outbox.set_active(session, lead, hook, False)
        outbox.tell(session, "own", {"article": 2})
    with database.writing() as session:
        outbox.set_active(session, lead, hook, True)
        outbox.tell(session, "own", {"article": 3})
    assert states(database) == [("own", False, True), ("own", False, False)]


def test_a_hook_switched_off_while_it_is_told(database, lead, hook):
    """What does not arrive then is not sent again."""

    def send(*_):
        with database.writing() as session:
            outbox.set_active(session, lead, hook, False)
        return 500

    outbox.deliver(database, send=send)
    with database.writing() as session:
        outbox.deliveries(session)[0][0].next_try = 1
    assert outbox.deliver(database, send=lambda *_: 200) == 0


def test_a_removed_hook_is_forgotten(database, lead, hook):
    """With its secret; its messages keep their numbers, which are never given again."""
    with database.writing() as session:
        outbox.remove_hook(session, lead, hook)
        assert not outbox.hooks(session)
        for act in (outbox.remove_hook, lambda *a: outbox.set_active(*a, True)):
            with pytest.raises(NotFoundError):
                act(session, lead, hook)
        ((_, gone),) = outbox.deliveries(session)
    assert gone.secret == outbox.GONE and not gone.active


@pytest.mark.parametrize("status", [200, 500])
def test_a_test_is_sent_once(database, lead, hook, status):
    """Also to a hook that is off; whatever comes of it, it is not sent again, and others wait their turn."""
    with database.writing() as session:
        outbox.set_active(session, lead, hook, False)
    made = outbox.test(database, lead, hook, send=lambda *_: status)
    assert made.error == (None if status == 200 else "status 500")
    assert states(database) == [("test", status == 200, False), ("own", False, False)]


def test_hooks_are_for_leads(database, moderator, hook):
    """Nobody else switches or tests one."""
    with pytest.raises(RefusedError), database.writing() as session:
        outbox.set_active(session, moderator, hook, False)
    with pytest.raises(RefusedError):
        outbox.test(database, moderator, hook, send=lambda *_: 200)
