"""Tokens: keys to the API, each for some uses and for a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from web.data import clock, journal, keys
from web.data.errors import InvalidError, NotFoundError, RefusedError, SignInError
from web.data.people import get, require
from web.data.schema import Person, Token

SCOPES = ("read", "intake", "decide", "export")
#: What one must be to hold a scope.
_NEEDS = {"read": "reader", "intake": "moderator", "decide": "moderator", "export": "moderator"}
#: How tokens begin, so that one is known when it is found where it should not be.
PREFIX = "ddt_"


def make(
    session: Session, person: Person, name: str, scopes: Sequence[str], days: int | None = 90
) -> tuple[Token, str]:
    """A new token of a person, and its key, which is shown this once. Without `days` it does not expire.

    Raises `InvalidError` for an unknown scope, `RefusedError` for one beyond the person's role.
    """
    if not scopes or set(scopes) - set(SCOPES):
        raise InvalidError(f"A token is for some of {', '.join(SCOPES)}.")
    if not 0 < len(name.strip()) <= 80 or (days is not None and not 0 < days <= 3660):
        raise InvalidError("A token needs a name of 1 to 80 characters and, if it expires, 1 to 3660 days.")
    for scope in scopes:
        require(person, _NEEDS[scope])
    key = PREFIX + keys.make()
    token = Token(
        person_id=person.id,
        name=name.strip(),
        hash=keys.hashed(key),
        scopes=sorted(set(scopes)),
        created=clock.now(),
        expires=None if days is None else clock.now() + days * clock.DAY,
    )
    session.add(token)
    session.flush()
    journal.append(
        session, person.name, "token", f"token {token.id}", {"name": token.name, "scopes": token.scopes}
    )
    return token, key


def person(session: Session, plain: str, scope: str) -> Person:
    """Whose token this is. Raises `SignInError` if it is not good, `RefusedError` if not for this scope."""
    token = session.scalars(select(Token).where(Token.hash == keys.hashed(plain))).first()
    expired = token is not None and token.expires is not None and token.expires <= clock.now()
    if token is None or token.revoked is not None or expired:
        raise SignInError("This token is wrong, revoked or expired: make a new one on the page Settings.")
    if scope not in token.scopes:
        raise RefusedError(f"This token is not for {scope!r}: make one that is.")
    owner = get(session, token.person_id)
    if not owner.active:
        raise SignInError("The owner of this token may not sign in any more: ask a lead.")
    require(owner, _NEEDS[scope])
    return owner


def of(session: Session, person: Person) -> list[Token]:
    """The tokens of a person, the newest first."""
    return list(session.scalars(select(Token).where(Token.person_id == person.id).order_by(Token.id.desc())))


def revoke(session: Session, person: Person, token_id: int) -> Token:
    """End a token: one's own, or as a lead anybody's. Raises `NotFoundError`."""
    token = session.get(Token, token_id)
    if token is None or (token.person_id != person.id and person.role != "lead"):
        raise NotFoundError(f"There is no token {token_id}.")
    if token.revoked is None:
        token.revoked = clock.now()
        journal.append(session, person.name, "revoke", f"token {token.id}")
    return token
