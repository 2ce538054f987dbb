"""The outbox: hooks are told of verdicts. A message is written with what it tells of, and sent later.

A message that does not arrive is sent again, each time after twice the pause, and given up after
`TRIES`. It may arrive twice: its number says so.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from web.data import clock, journal, keys
from web.data.database import Database
from web.data.errors import InvalidError, NotFoundError
from web.data.people import require
from web.data.schema import Delivery, Family, Hook, Person

HEADER = "Detector-Signature"
#: Stands for the secret of a hook that was removed. Its row stays, for the messages that name it.
GONE = ""
#: The first pause and the longest, in seconds, and how often a message is tried.
PAUSE, LONGEST_PAUSE, TRIES = 10, 6 * clock.HOUR, 20
#: How long a hook may take to answer, in seconds; and how long a message is with one who sends.
PATIENCE, SENDING = 10, 20 * 60

#: Sends a body with headers to a URL; returns the status of the answer.
Send = Callable[[str, bytes, Mapping[str, str]], int]


def add_hook(session: Session, person: Person, url: str) -> Hook:
    """A new hook, with the secret that signs what it is told. Raises `InvalidError` for a poor URL."""
    require(person, "lead")
    if not _is_address(url):
        raise InvalidError("A hook is an address that begins with https:// or http://.")
    hook = Hook(url=url, secret=keys.make(), active=True, created=clock.now())
    session.add(hook)
    session.flush()
    journal.append(session, person.name, "hook", f"hook {hook.id}", {"url": url})
    return hook


def get_hook(session: Session, hook_id: int) -> Hook:
    """A hook by its number. Raises `NotFoundError`."""
    hook = session.get(Hook, hook_id)
    if hook is None or hook.secret == GONE:
        raise NotFoundError(f"There is no hook {hook_id}: it may have been removed.")
    return hook


def hooks(session: Session) -> list[Hook]:
    """All hooks, also those that are switched off."""
    return list(session.scalars(select(Hook).where(Hook.secret != GONE).order_by(Hook.id)))


def set_active(session: Session, person: Person, hook_id: int, active: bool) -> Hook:
    """Switch a hook on or off. One that is off is told nothing, not later either. Raises `NotFoundError`."""
    require(person, "lead")
    hook = get_hook(session, hook_id)
    if hook.active != active:
        hook.active = active
        if not active:
            _drop(session, hook_id)
        journal.append(session, person.name, "hook on" if active else "hook off", f"hook {hook_id}")
    return hook


def remove_hook(session: Session, person: Person, hook_id: int) -> None:
    """Forget a hook and its secret; what it was told stays on record. Raises `NotFoundError`."""
    require(person, "lead")
    hook = get_hook(session, hook_id)
    hook.active, hook.secret = False, GONE
    _drop(session, hook_id)
    journal.append(session, person.name, "unhook", f"hook {hook_id}")


def deliveries(session: Session, limit: int = 50) -> list[tuple[Delivery, Hook]]:
    """The newest messages with their hooks, the newest first."""
    query = select(Delivery, Hook).join(Hook, Hook.id == Delivery.hook_id).order_by(Delivery.id.desc())
    return [(row[0], row[1]) for row in session.execute(query.limit(limit))]


def tell(session: Session, event: str, body: Mapping[str, Any]) -> None:
    """Write a message to every hook that is on, in the transaction of what it tells of."""
    now = clock.now()
    for hook in session.scalars(select(Hook).where(Hook.active).order_by(Hook.id)):
        session.add(
            Delivery(hook_id=hook.id, event=event, body=dict(body), created=now, attempts=0, next_try=now)
        )


def about(family: Family) -> dict[str, Any]:
    """What is told of the verdict on a family."""
    return {
        "family": family.id,
        "fingerprint": family.fingerprint,
        "status": family.status,
        "verdict": family.verdict,
        "kinds": family.kinds if family.verdict_kinds is None else family.verdict_kinds,
        "span": family.span,
        "copies": family.copies,
        "text": family.text[:1000],
    }


def deliver(database: Database, limit: int = 50, send: Send | None = None) -> int:
    """Send what is due; returns how many messages arrived. Two who do this at once do not send the same."""
    arrived = 0
    for delivery, hook in _due(database, limit):
        error = _fault(delivery, hook, send or post)
        _noted(database, delivery.id, error)
        arrived += error is None
    return arrived


def test(database: Database, person: Person, hook_id: int, send: Send | None = None) -> Delivery:
    """Send a hook, on or off, a message that tells of nothing: at once, and once. Raises `NotFoundError`."""
    require(person, "lead")
    with database.writing() as session:
        hook = get_hook(session, hook_id)
        delivery = Delivery(hook_id=hook_id, event="test", body={}, created=clock.now(), attempts=1)
        session.add(delivery)
    error = _fault(delivery, hook, send or post)
    return _noted(database, delivery.id, error, again=False)


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of the header: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body">`."""
    return f"t={at},v1={_mac(secret, body, str(at))}"


def verified(secret: str, header: str, body: bytes, now: int, tolerance: int = 300) -> bool:
    """Whether a header signs a body, not longer ago than `tolerance` seconds: what a receiver checks."""
    said = dict(part.partition("=")[::2] for part in header.split(","))
    at = said.get("t", "")
    if not at.isascii() or not at.isdigit() or len(at) > 12 or abs(now - int(at)) > tolerance:
        return False
    return hmac.compare_digest(_mac(secret, body, at).encode(), said.get("v1", "").encode("utf-8", "replace"))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; returns the status. Follows no redirect. Raises `OSError` and `HTTPException`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=PATIENCE)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _drop(session: Session, hook_id: int) -> None:
    """Send nothing of what waits for a hook."""
    waiting = update(Delivery).where(Delivery.hook_id == hook_id, Delivery.next_try.is_not(None))
    session.execute(waiting.values(next_try=None))


def _mac(secret: str, body: bytes, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 2000
    return plain and parts.scheme in ("https", "http") and bool(parts.hostname) and port != 0


def _fault(delivery: Delivery, hook: Hook, send: Send) -> str | None:
    """Send a message; returns why it did not arrive, or None."""
    body = json.dumps({"id": delivery.id, "event": delivery.event, **delivery.body}).encode()
    headers = {"Content-Type": "application/json", HEADER: sign(hook.secret, body, clock.now())}
    try:
        status = send(hook.url, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return f"{type(failure).__name__}: {failure}"[:500]
    return None if 200 <= status < 300 else f"status {status}"


def _due(database: Database, limit: int) -> list[tuple[Delivery, Hook]]:
    """Messages to send now; until `SENDING` is over they are with who called this."""
    with database.writing() as session:
        now = clock.now()
        query = select(Delivery, Hook).join(Hook, Hook.id == Delivery.hook_id)
        query = query.where(Delivery.next_try <= now, Hook.active).order_by(Delivery.id).limit(limit)
        found = [(row[0], row[1]) for row in session.execute(query)]
        for delivery, _ in found:
            delivery.next_try = now + SENDING
            delivery.attempts = delivery.attempts + 1
        return found


def _noted(database: Database, delivery_id: int, error: str | None, again: bool = True) -> Delivery:
    """Write down what became of a message; `again` says whether one that did not arrive is sent again."""
    with database.writing() as session:
        delivery = session.get_one(Delivery, delivery_id)
        now = clock.now()
        delivery.error = error
        if error is None:
            delivery.delivered, delivery.next_try = now, None
        elif delivery.attempts >= TRIES or not again:
            delivery.next_try = None
        else:
            delivery.next_try = now + min(PAUSE * 2 ** (delivery.attempts - 1), LONGEST_PAUSE)
        return delivery
