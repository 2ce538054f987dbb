"""People: how they come in, what they may do, and their passwords."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from web.data import clock, journal, keys
from web.data.database import Database
from web.data.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RefusedError,
    SignInError,
    ThrottledError,
)
from web.data.schema import ROLES, Attempt, Login, Person, SetupLink

#: A sign-in lasts this long, in seconds.
SIGNED_IN = 14 * clock.DAY
#: So many attempts with a wrong password, within so many seconds, close a name for a while.
ATTEMPTS, WINDOW = 10, 15 * 60
SHORTEST, LONGEST = 12, 1024
LONGEST_NAME = 80


def require(person: Person, role: str) -> None:
    """Raises `RefusedError` where a person has less than this role."""
    if not person.active or ROLES.index(person.role) < ROLES.index(role):
        raise RefusedError(f"This needs the role {role}, and {person.name} is a {person.role}: ask a lead.")


def get(session: Session, person_id: int) -> Person:
    """A person by number. Raises `NotFoundError`."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFoundError(f"There is no person {person_id}.")
    return person


def everybody(session: Session) -> list[Person]:
    """All people, by name."""
    return list(session.scalars(select(Person).order_by(Person.name)))


def is_empty(session: Session) -> bool:
    """Whether nobody has been set up yet."""
    return session.scalar(select(Person.id).limit(1)) is None


def make_link(
    session: Session,
    role: str = "lead",
    person_id: int | None = None,
    by: Person | None = None,
    hours: int = 24,
) -> str:
    """The key of a link that makes a person, or gives one a new password; good once.

    `by` must be a lead; without it, whoever can start the program is trusted.
    """
    if by is not None:
        require(by, "lead")
    _check_role(role)
    if person_id is not None:
        get(session, person_id)
    key = keys.make()
    expires = clock.now() + hours * clock.HOUR
    session.add(SetupLink(hash=keys.hashed(key), role=role, person_id=person_id, expires=expires))
    subject = f"person {person_id}" if person_id else f"a new {role}"
    journal.append(session, by.name if by else "console", "link", subject)
    return key


def link(session: Session, key: str) -> SetupLink:
    """A set-up link that is still good. Raises `NotFoundError`."""
    found = session.scalars(select(SetupLink).where(SetupLink.hash == keys.hashed(key))).first()
    if found is None or found.used is not None or found.expires <= clock.now():
        raise NotFoundError("This link was used or has expired: ask for a new one.")
    return found


def use_link(database: Database, key: str, name: str, password: str) -> Person:
    """Make the person of a link, or set that person's password (`name` is then not looked at).

    Raises `NotFoundError` for a used link, `InvalidError` for a poor name or password, `ConflictError` for a
    name that somebody has.
    """
    with database.reading() as session:
        link(session, key)
    secret = hash_password(password)
    with database.writing() as session:
        found = link(session, key)
        found.used = clock.now()
        person = get(session, found.person_id) if found.person_id else _made(session, name, found.role)
        person.password_hash = secret
        sign_out_everywhere(session, person)
        journal.append(session, person.name, "set-up", f"person {person.id}", {"role": person.role})
        return person


def sign_in(database: Database, name: str, password: str) -> tuple[Person, str]:
    """The person and the key for the cookie. Raises `SignInError`, and `ThrottledError` after too many."""
    name = name.strip()
    with database.reading() as session:
        _check_attempts(session, name)
        known = session.scalars(select(Person).where(Person.name == name, Person.active)).first()
    good = _is_password(known.password_hash if known else None, password)
    with database.writing() as session:
        if known is None or not good:
            session.add(Attempt(name=name, at=clock.now()))
            person = None
        else:
            session.execute(delete(Attempt).where(Attempt.name == name))
            person = get(session, known.id)
            key = _signed_in(session, person)
    if person is None:
        raise SignInError("Name or password is wrong.")
    return person, key


def signed_in(session: Session, key: str) -> Person | None:
    """The person whose cookie has this key, if he is still signed in."""
    query = select(Person).join(Login, Login.person_id == Person.id)
    good = (Login.hash == keys.hashed(key), Login.expires > clock.now(), Person.active)
    return session.scalars(query.where(*good)).first()


def sign_out(session: Session, key: str) -> None:
    """End one sign-in: its cookie is worth nothing from now on."""
    session.execute(delete(Login).where(Login.hash == keys.hashed(key)))


def sign_out_everywhere(session: Session, person: Person) -> None:
    """End all sign-ins of a person."""
    session.execute(delete(Login).where(Login.person_id == person.id))


def set_role(session: Session, by: Person, person_id: int, role: str) -> Person:
    """Give a person another role. Raises `RefusedError` for who is no lead, and for the last lead."""
    require(by, "lead")
    _check_role(role)
    person = get(session, person_id)
    person.role = role
    _check_leads(session)
    journal.append(session, by.name, "role", f"person {person.id}", {"role": role})
    return person


def set_active(session: Session, by: Person, person_id: int, active: bool) -> Person:
    """Let a person in, or shut him out at once. Raises as `set_role`."""
    require(by, "lead")
    person = get(session, person_id)
    person.active = active
    _check_leads(session)
    if not active:
        sign_out_everywhere(session, person)
    journal.append(session, by.name, "active", f"person {person.id}", {"active": active})
    return person


def set_keys(session: Session, person: Person, keys: dict[str, str]) -> Person:
    """Keep which key of the keyboard stands for which act. Raises `InvalidError` where two acts share one."""
    if len(set(keys.values())) < len(keys):
        raise InvalidError("Two acts have the same key: choose another for one of them.")
    if not all(0 < len(key) <= 20 and len(act) <= 40 for act, key in keys.items()) or len(keys) > 100:
        raise InvalidError("A key of the keyboard has 1 to 20 characters.")
    session.execute(update(Person).where(Person.id == person.id).values(keys=keys))
    return get(session, person.id)


def set_password(database: Database, person: Person, old: str, new: str) -> None:
    """Change one's own password; all sign-ins end. Raises `SignInError`, `ThrottledError`, `InvalidError`."""
    sign_in(database, person.name, old)
    secret = hash_password(new)
    with database.writing() as session:
        session.execute(update(Person).where(Person.id == person.id).values(password_hash=secret))
        sign_out_everywhere(session, person)
        journal.append(session, person.name, "password", f"person {person.id}")


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises `InvalidError` for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(
            f"A password has {SHORTEST} to {LONGEST:,} characters: a few words in a row are good."
        )
    return _hasher().hash(password.encode("utf-8", "surrogatepass"))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(keys.make())


def _is_password(secret: str | None, password: str) -> bool:
    """Whether it is the password; for a name that nobody has this takes as long."""
    try:
        _hasher().verify(secret or _nobody(), password[: LONGEST + 1].encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return secret is not None


def _check_attempts(session: Session, name: str) -> None:
    since = clock.now() - WINDOW
    recent = select(func.count(), func.min(Attempt.at)).where(Attempt.name == name, Attempt.at > since)
    count, first = session.execute(recent).one()
    if count >= ATTEMPTS:
        wait = first + WINDOW - clock.now()
        raise ThrottledError(f"Too many attempts: try again in {-(-wait // 60)} minutes.", wait)


def _signed_in(session: Session, person: Person) -> str:
    session.execute(delete(Login).where(Login.expires <= clock.now()))
    key = keys.make()
    session.add(
        Login(
            hash=keys.hashed(key), person_id=person.id, created=clock.now(), expires=clock.now() + SIGNED_IN
        )
    )
    journal.append(session, person.name, "sign-in", f"person {person.id}")
    return key


def _made(session: Session, name: str, role: str) -> Person:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"A name has 1 to {LONGEST_NAME} characters that can be seen.")
    if session.scalar(select(Person.id).where(Person.name == name)) is not None:
        raise ConflictError(f"There is already a {name}: choose another name.")
    person = Person(name=name, role=role, active=True, keys={}, created=clock.now(), cards=0)
    session.add(person)
    session.flush()
    return person


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InvalidError(f"Unknown role {role!r}: use one of {', '.join(ROLES)}.")


def _check_leads(session: Session) -> None:
    session.flush()
    if session.scalar(select(Person.id).where(Person.role == "lead", Person.active).limit(1)) is None:
        raise RefusedError("This is the last lead: make somebody else a lead first.")
