"""People, their sign-ins, tokens, and the journal of what they do."""

import pytest
from sqlalchemy import text

from tests.web.conftest import made
from web.data import journal, people, sources, tokens
from web.data.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RefusedError,
    SignInError,
    ThrottledError,
)
from web.data.schema import Person
from web.data.sources import Policy

PASSWORD = "three calm herons"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Hashes that cost little, since these protect nothing."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(people, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def signed_up(database):
    """The first person, made by the link of the console."""
    with database.writing() as session:
        key = people.make_link(session)
    return people.use_link(database, key, " Lea ", PASSWORD)


def test_link_makes_the_first_lead_once(database, signed_up):
    """The link of the console makes a lead, and is good for one use."""
    assert (signed_up.name, signed_up.role) == ("Lea", "lead")
    with database.writing() as session:
        key = people.make_link(session, "moderator", by=signed_up)
    people.use_link(database, key, "Mo", PASSWORD)
    with pytest.raises(NotFoundError, match="ask for a new one"):
        people.use_link(database, key, "Other", PASSWORD)
    with database.reading() as session:
        assert [person.name for person in people.everybody(session)] == ["Lea", "Mo"]


def test_link_expires(database, clock):
    """A link that nobody used for a day is worth nothing."""
    with database.writing() as session:
        key = people.make_link(session)
    clock.now += 24 * 3600
    with pytest.raises(NotFoundError):
        people.use_link(database, key, "Lea", PASSWORD)


def test_poor_names_and_passwords_leave_the_link(database, signed_up):
    """What is refused uses nothing up."""
    with database.writing() as session:
        key = people.make_link(session, "reader")
    for name, password, error in [
        ("", PASSWORD, InvalidError),
        ("a\nb", PASSWORD, InvalidError),
        ("Ann", "short", InvalidError),
        ("Ann", "x" * 1025, InvalidError),
        ("Lea", PASSWORD, ConflictError),
    ]:
        with pytest.raises(error):
            people.use_link(database, key, name, password)
    assert people.use_link(database, key, "Ann", PASSWORD).role == "reader"


def test_new_password_by_link(database, signed_up):
    """A link for a person gives a new password and ends the sign-ins."""
    _, cookie = people.sign_in(database, "Lea", PASSWORD)
    with database.writing() as session:
        key = people.make_link(session, person_id=signed_up.id)
    people.use_link(database, key, "", "another good password")
    with pytest.raises(SignInError):
        people.sign_in(database, "Lea", PASSWORD)
    with database.reading() as session:
        assert people.signed_in(session, cookie) is None
    people.sign_in(database, "Lea", "another good password")


def test_sign_in_and_out(database, signed_up, clock):
    """A cookie is good until sign-out or two weeks are over."""
    person, key = people.sign_in(database, "Lea", PASSWORD)
    _, other = people.sign_in(database, "Lea", PASSWORD)
    with database.reading() as session:
        assert people.signed_in(session, key).id == person.id
        assert people.signed_in(session, key + "x") is None
    with database.writing() as session:
        people.sign_out(session, key)
    with database.reading() as session:
        assert people.signed_in(session, key) is None
        assert people.signed_in(session, other) is not None
    clock.now += people.SIGNED_IN
    with database.reading() as session:
        assert people.signed_in(session, other) is None


@pytest.mark.parametrize(
    ("name", "password"), [("Lea", "wrong password"), ("Nobody", PASSWORD), ("\ud800", "\0")]
)
def test_wrong_sign_in_says_the_same(database, signed_up, name, password):
    """Nothing tells whether a name exists."""
    with pytest.raises(SignInError, match=r"^Name or password is wrong\.$"):
        people.sign_in(database, name, password)


def test_too_many_attempts_close_a_name_for_a_while(database, signed_up, clock):
    """After ten wrong ones even the right password waits; other names do not; time opens it."""
    for _ in range(people.ATTEMPTS):
        with pytest.raises(SignInError):
            people.sign_in(database, "Lea", "wrong password")
    with pytest.raises(ThrottledError) as caught:
        people.sign_in(database, "Lea", PASSWORD)
    assert caught.value.retry_after == people.WINDOW
    with pytest.raises(SignInError, match="Name or password"):
        people.sign_in(database, "Mo", PASSWORD)
    clock.now += people.WINDOW
    people.sign_in(database, "Lea", PASSWORD)


def test_passwords_and_keys_are_not_stored(database, signed_up):
    """The database holds hashes alone."""
    _, cookie = people.sign_in(database, "Lea", PASSWORD)
    with database.writing() as session:
        _, token = tokens.make(session, signed_up, "script", ["read"])
    with database.reading() as session:
        for table in ("person", "login", "token", "journal", "setup_link"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                assert not {PASSWORD, cookie, token} & set(map(str, row))
        assert session.get(Person, signed_up.id).password_hash.startswith("$argon2id$")


def test_roles(database, signed_up):
    """A lead gives roles and shuts out; the last lead stays; others may not."""
    mo = made(database, "Mo")
    with database.writing() as session, pytest.raises(RefusedError):
        people.set_role(session, mo, signed_up.id, "reader")
    with pytest.raises(RefusedError, match="last lead"), database.writing() as session:
        people.set_role(session, signed_up, signed_up.id, "reader")
    with pytest.raises(RefusedError, match="last lead"), database.writing() as session:
        people.set_active(session, signed_up, signed_up.id, False)
    with database.writing() as session:
        people.set_role(session, signed_up, mo.id, "lead")
    _, key = people.sign_in(database, "Lea", PASSWORD)
    with database.writing() as session:
        people.set_active(session, people.get(session, mo.id), signed_up.id, False)
    with database.reading() as session:
        assert people.signed_in(session, key) is None
    with pytest.raises(SignInError):
        people.sign_in(database, "Lea", PASSWORD)


def test_keys_are_remapped(database, signed_up):
    """A person chooses keys; two acts cannot share one."""
    with database.writing() as session:
        people.set_keys(session, signed_up, {"hide": "j", "keep": "k"})
    with database.writing() as session:
        assert people.get(session, signed_up.id).keys == {"hide": "j", "keep": "k"}
        with pytest.raises(InvalidError):
            people.set_keys(session, signed_up, {"hide": "j", "keep": "j"})


def test_token_is_for_its_scopes_and_its_time(database, signed_up, clock):
    """A token does what it is for until it expires or is revoked."""
    with database.writing() as session:
        _, key = tokens.make(session, signed_up, "script", ["read", "intake"], days=1)
        _, forever = tokens.make(session, signed_up, "other", ["read"], days=None)
    with database.reading() as session:
        assert tokens.person(session, key, "intake").id == signed_up.id
        with pytest.raises(RefusedError):
            tokens.person(session, key, "decide")
        with pytest.raises(SignInError):
            tokens.person(session, key[:-1], "read")
        clock.now += 24 * 3600
        with pytest.raises(SignInError):
            tokens.person(session, key, "read")
        tokens.person(session, forever, "read")
    with database.writing() as session:
        tokens.revoke(session, signed_up, tokens.of(session, signed_up)[0].id)
        with pytest.raises(SignInError):
            tokens.person(session, forever, "read")


def test_token_holds_no_more_than_its_owner(database, signed_up):
    """A reader's token cannot decide, also when the role is lost later; others cannot revoke it."""
    mo, ann = made(database, "Mo"), made(database, "Ann", "reader")
    with database.writing() as session:
        with pytest.raises(RefusedError):
            tokens.make(session, ann, "x", ["decide"])
        with pytest.raises(InvalidError):
            tokens.make(session, mo, "x", ["everything"])
        token, key = tokens.make(session, mo, "x", ["decide"])
        with pytest.raises(NotFoundError):
            tokens.revoke(session, ann, token.id)
        people.set_role(session, signed_up, mo.id, "reader")
        with pytest.raises(RefusedError):
            tokens.person(session, key, "decide")


def test_journal_shows_any_change(database):
    """An entry that was changed, dropped or put in is found; an untouched journal holds."""
    with database.writing() as session:
        for i in range(6):
            journal.append(session, "Lea\ud800", "act", f"thing {i}", {"n": i, "text": "\0ü"})
    with database.reading() as session:
        assert journal.verify(session) is None
        assert [entry.subject for entry in journal.entries(session, before=3)] == ["thing 1", "thing 0"]
    for change, broken in [
        ("UPDATE journal SET details = '[]' WHERE id = 5", 5),
        ("UPDATE journal SET person = 'Mo' WHERE id = 4", 4),
        ("DELETE FROM journal WHERE id = 2", 3),
        ("DELETE FROM journal WHERE id = 1", 3),
    ]:
        with database.writing() as session:
            session.execute(text(change))
        with database.reading() as session:
            assert journal.verify(session) == broken


def test_policy_takes_the_mildest_action():
    """A notice of several kinds gets the mildest action of theirs; required ones stay."""
    policy = Policy(
        notice="remove", chrome="collapse", kinds={"risk_warning": "tag"}, required=("sponsorship",)
    )
    assert policy.action("notice", ()) == "remove"
    assert policy.action("notice", ["copyright"]) == "remove"
    assert policy.action("notice", ["copyright", "risk_warning"]) == "tag"
    assert policy.action("notice", ["copyright", "sponsorship"]) == "keep"
    assert policy.action("chrome", []) == "collapse"
    assert Policy.read(policy.to_dict()) == policy


@pytest.mark.parametrize(
    "value",
    [
        {"notice": "burn"},
        {"kinds": []},
        {"kinds": {"a": 1}},
        {"other": 1},
        {"required": [1]},
        {"required": "ab"},
    ],
)
def test_bad_policy_is_refused(value):
    """Only the four actions are possible."""
    with pytest.raises(InvalidError):
        Policy.read(value)


def test_policy_is_set_by_a_lead(database, signed_up):
    """A policy and a threshold are kept; a moderator cannot set them."""
    mo = made(database, "Mo")
    with database.writing() as session:
        source = sources.ensure(session, " Post ")
        assert sources.ensure(session, "Post") is source
        with pytest.raises(RefusedError):
            sources.set_policy(session, mo, source.id, Policy(), None)
        with pytest.raises(InvalidError):
            sources.set_policy(session, signed_up, source.id, Policy(), 1.5)
        sources.set_policy(session, signed_up, source.id, Policy(notice="tag"), 0.9)
    with database.reading() as session:
        found = sources.by_name(session, "Post")
        assert (Policy.read(found.policy).notice, found.threshold) == ("tag", 0.9)
