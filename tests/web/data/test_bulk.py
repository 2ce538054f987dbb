"""One verdict on all that matches a filter."""

import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, insert, select

from tests.conftest import ROOT
from tests.web.conftest import made
from web.data import bulk, families, journal, verdicts
from web.data.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from web.data.filters import Filter
from web.data.schema import Band, Decision, Family


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


_SLOW = """
import sys, time
from web.data import bulk
from web.data.database import Database
step = bulk._step
def slowly(session, batch):
    print("step", flush=True)
    time.sleep(0.05)
    return step(session, batch)
bulk._step = slowly
bulk.STEP = 50
bulk.run(Database.open(sys.argv[1]), int(sys.argv[2]))
"""


def test_kill_in_the_middle(database, url, moderator, many):
    """Killed half way, nothing is in force; started again, everything is, once."""
    batch = begun(database, moderator)
    child = subprocess.Popen(
        [sys.executable, "-c", _SLOW, url, str(batch.id)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    for _ in range(6):
        assert child.stdout.readline() == "step\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    time.sleep(0.1)
    assert verdict_counts(database) == {None: 1200}
    with database.reading() as session:
        (left,) = bulk.unfinished(session)
        assert 0 < left.done < left.total
    assert bulk.resume(database) == 1
    assert verdict_counts(database) == {"hide": 1200}
    with database.reading() as session:
        decided = select(func.count(), func.count(func.distinct(Decision.family_id))).select_from(Decision)
        assert session.execute(decided).one() == (1200, 1200)
        assert journal.verify(session) is None
