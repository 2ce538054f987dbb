"""Webhooks leave in the background, and a lost database does not end that."""

import threading

import pytest

from web import deliver
from web.data import outbox
from web.data.errors import DataError


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
