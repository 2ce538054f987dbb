"""One verdict on all that matches a filter."""

import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, insert, select

from tests.conftest import ROOT
from tests.web.conftest import made
from web.data import bulk, families, journal, placing, standing, verdicts
from web.data.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from web.data.filters import Filter
from web.data.schema import Band, Decision, Family, FamilyKind
from web.data.settlement import settled


def rows(count, **more):
    one = {
        "fingerprint": "f",
        "language": "en",
        "label": "notice",
        "score": 0.9,
        "chrome": 0.0,
        "kinds": ["terms"],
        "kind": "terms",
        "copies": 2,
        "source_count": 1,
        "status": "open",
        "base": "open",
        "priority": 1.0,
        "first_seen": 1,
        "last_seen": 1,
    }
    return [{**one, "text": f"Notice {i} of the harbour.", **more} for i in range(count)]


@pytest.fixture
def many(database):
    """1,200 open families in English and 5 in German."""
    with database.writing() as session:
        session.execute(insert(Family), rows(1200) + rows(5, language="de"))


def verdict_counts(database):
    with database.reading() as session:
        query = select(Family.verdict, func.count()).where(Family.language == "en").group_by(Family.verdict)
        return dict(session.execute(query).all())


def begun(database, person, filter=None, verdict="hide", **more):
    with database.writing() as session:
        return bulk.start(session, person, filter or Filter(language="en"), verdict, **more)


def test_preview_counts_and_shows(database, many):
    """Before the verdict one sees how many it would reach, and some of them."""
    with database.reading() as session:
        found = bulk.preview(session, Filter(language="en"), sample=3)
    assert (found.count, len(found.sample)) == (1200, 3)


def test_verdict_on_all(database, moderator, many):
    """All that match have the verdict, no others, and the journal says so."""
    batch = bulk.run(database, begun(database, moderator, expected=1200).id)
    assert (batch.state, batch.done, batch.total) == ("done", 1200, 1200)
    assert verdict_counts(database) == {"hide": 1200}
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Family.verdict.is_not(None))) == 1200
        assert [entry.act for entry in journal.entries(session)] == ["bulk-done", "bulk"]


def test_kinds_of_all_are_mended(database, moderator, many):
    """A bulk verdict may name kinds."""
    bulk.run(database, begun(database, moderator, Filter(language="de"), kinds=["privacy"]).id)
    with database.reading() as session:
        family = session.scalars(select(Family).where(Family.language == "de")).first()
    assert (family.verdict, family.verdict_kinds, family.status) == ("hide", ["privacy"], "settled")


def test_changed_count_is_refused(database, moderator, many):
    """What a person has not seen is not decided."""
    with pytest.raises(ConflictError, match="1,200 match"):
        begun(database, moderator, expected=1199)


def test_nothing_counts_until_all_does(database, moderator, many):
    """Readers see no part of a running verdict, and a single undo of it is not found."""
    batch = begun(database, moderator)
    with database.writing() as session:
        bulk._step(session, bulk.get(session, batch.id))
    assert verdict_counts(database) == {None: 1200}
    with database.writing() as session:
        other = session.scalars(select(Decision)).first()
        verdicts.standing.resettle(session, families.get(session, other.family_id))
    assert verdict_counts(database) == {None: 1200}
    assert bulk.resume(database) == 1
    assert verdict_counts(database) == {"hide": 1200}
    assert bulk.resume(database) == 0


def test_undo_takes_all_back_as_one(database, moderator, many):
    """One undo takes a bulk verdict back; what others decided stays decided."""
    other = made(database, "Max")
    with database.writing() as session:
        verdicts.decide(session, other, 7, "keep")
    bulk.run(database, begun(database, moderator, Filter(language="en", status="open")).id)
    with database.writing() as session:
        verdicts.decide(session, other, 8, "hide")
    with database.writing() as session:
        assert verdicts.undo(session, moderator).state == "undone"
    assert verdict_counts(database) == {None: 1198, "keep": 1, "hide": 1}
    with database.writing() as session:
        assert verdicts.undo(session, moderator) is None
        assert families.get(session, 9).status == "open"


def test_undo_stops_a_running_one(database, moderator, many):
    """Taken back while it runs, a bulk verdict never comes into force."""
    batch = begun(database, moderator)
    with database.writing() as session:
        bulk._step(session, bulk.get(session, batch.id))
    with database.writing() as session:
        verdicts.undo(session, moderator)
    assert bulk.run(database, batch.id).state == "undone"
    assert verdict_counts(database) == {None: 1200}
    with pytest.raises(ConflictError), database.writing() as session:
        bulk.undo_batch(session, moderator, batch.id)


def test_dissent_goes_to_a_lead(database, moderator, many):
    """Where another has said otherwise meanwhile, a lead decides."""
    batch = begun(database, moderator)
    with database.writing() as session:
        bulk._step(session, bulk.get(session, batch.id))
    other = made(database, "Max")
    with database.writing() as session:
        verdicts.decide(session, other, 1, "keep")
    bulk.run(database, batch.id)
    with database.reading() as session:
        assert families.get(session, 1).status == "lead"
    assert verdict_counts(database) == {None: 1, "hide": 1199}


def test_quiet_ones_are_found_by_near_copies(database, moderator, many):
    """A bulk verdict on what is asked of nobody holds for near copies to come."""
    with database.writing() as session:
        session.execute(insert(Family), rows(2, status="quiet", base="quiet", language="fr"))
    bulk.run(database, begun(database, moderator, Filter(status="quiet")).id)
    with database.reading() as session:
        assert session.scalar(select(func.count(func.distinct(Band.family_id)))) == 2


def test_what_is_refused(database, moderator, many):
    """Unsure is no bulk verdict; what waits for a lead is a lead's; others cannot undo it."""
    with pytest.raises(InvalidError):
        begun(database, moderator, verdict="unsure")
    with pytest.raises(RefusedError):
        begun(database, moderator, Filter(status="lead"))
    with pytest.raises(RefusedError):
        begun(database, made(database, "Ann", "reader"))
    batch = begun(database, moderator)
    other = made(database, "Max")
    with pytest.raises(NotFoundError), database.writing() as session:
        bulk.undo_batch(session, other, batch.id)


def check_rule(database):
    """Every family is in the state that follows from the decisions on it, and found by its kinds."""
    with database.reading() as session:
        rows = session.scalars(select(Family)).all()
        said = standing.opinions(session, [row.id for row in rows])
        found = session.execute(select(FamilyKind.family_id, FamilyKind.kind)).all()
    for row in rows:
        rule = settled(said[row.id], row.base)
        kinds = None if row.verdict_kinds is None else tuple(row.verdict_kinds)
        span = None if row.span is None else tuple(row.span)
        assert (row.status, row.verdict, kinds, span) == (rule.status, rule.verdict, rule.kinds, rule.span)
    expected = {(row.id, kind) for row in rows for kind in (row.verdict_kinds or row.kinds)}
    assert sorted(map(tuple, found)) == sorted(expected)


@pytest.mark.parametrize("kinds", [None, ["privacy", "terms"], ["terms"]])
def test_all_at_once_is_as_one_by_one(database, moderator, lead, kinds):
    """However a bulk verdict is put in force and taken back, each family is as its decisions say."""
    with database.writing() as session:
        session.execute(insert(Family), rows(60) + rows(20, kinds=["risk", "terms"]) + rows(9, language="de"))
        families_ = session.scalars(select(Family)).all()
        for family in families_:
            placing.set_kinds(session, family.id, family.kinds)
        for number, verdict in ((1, "keep"), (2, "hide"), (3, "unsure"), (4, "keep")):
            verdicts.decide(session, lead, number, verdict, kinds=["sponsorship"] if number == 2 else None)
        verdicts.undo(session, lead)
    check_rule(database)
    other = made(database, "Max")
    for _ in range(2):
        batch = begun(database, moderator, kinds=kinds)
        with database.writing() as session:
            bulk._step(session, bulk.get(session, batch.id))
        with database.writing() as session:
            verdicts.decide(session, other, 12, "keep")
            verdicts.decide(session, lead, 13, "keep")
            verdicts.decide(session, other, 14, "unsure")
        batch = bulk.run(database, batch.id)
        assert batch.done == 77
        check_rule(database)
        with database.writing() as session:
            verdicts.decide(session, lead, 10, "keep")
            verdicts.decide(session, lead, 11, "hide", span=(0, 4))
        with database.writing() as session:
            bulk.undo_batch(session, moderator, batch.id)
        check_rule(database)
        with database.writing() as session:
            for person in (lead, lead, lead, other, other):
                verdicts.undo(session, person)
    check_rule(database)


def test_kinds_of_another_give_way(database, moderator, lead):
    """Where a lead's bulk verdict goes before a verdict with other kinds, families lose those kinds."""
    with database.writing() as session:
        session.execute(insert(Family), rows(3))
        for number in (1, 2, 3):
            placing.set_kinds(session, number, ["terms"])
        verdicts.decide(session, moderator, 1, "hide", kinds=["sponsorship"])
    bulk.run(database, begun(database, lead, Filter(status="settled")).id)
    check_rule(database)


def test_decision_taken_back_meanwhile_stays_so(database, moderator, lead, many):
    """What a lead takes out of a running bulk verdict does not come into force with it."""
    batch = begun(database, moderator)
    with database.writing() as session:
        bulk._step(session, bulk.get(session, batch.id))
        verdicts.undo_decision(session, lead, session.scalars(select(Decision.id)).first())
    bulk.run(database, batch.id)
    assert verdict_counts(database) == {None: 1, "hide": 1199}


_SLOW = """
import sys, time
from web.data import bulk
from web.data.database import Database
place = sys.argv[3]
act = getattr(bulk, place)
def slowly(*given):
    before = place == "_step" or act(*given)
    print(place, flush=True)
    time.sleep(0.05 if place == "_step" else 60)
    return act(*given) if place == "_step" else before
setattr(bulk, place, slowly)
bulk.STEP = 50
bulk.run(Database.open(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.mark.parametrize(("place", "times"), [("_step", 6), ("_settle", 1)])
def test_kill_in_the_middle(database, url, moderator, many, place, times):
    """Killed in a step or while all is put in force, nothing is; started again, everything is, once."""
    batch = begun(database, moderator, kinds=["privacy"])
    command = [sys.executable, "-c", _SLOW, url, str(batch.id), place]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for _ in range(times):
        assert child.stdout.readline() == f"{place}\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    time.sleep(0.1)
    assert verdict_counts(database) == {None: 1200}
    with database.reading() as session:
        (left,) = bulk.unfinished(session)
        assert (left.done < left.total) == (place == "_step")
        assert left.done
    assert bulk.resume(database) == 1
    assert verdict_counts(database) == {"hide": 1200}
    with database.reading() as session:
        decided = select(func.count(), func.count(func.distinct(Decision.family_id))).select_from(Decision)
        assert session.execute(decided).one() == (1200, 1200)
        assert journal.verify(session) is None
