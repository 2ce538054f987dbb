"""Statistics, exports, backups, settings."""

import csv
import gzip
import io
import json
import stat

import pytest
from sqlalchemy import select

from detector.errors import InputError
from tests.web.data.test_outcome import OPINION, RIGHTS, STORY
from training.corpus import read as read_corpus
from web import settings
from web.data import backup, export, families, journal, outcome, statistics, verdicts
from web.data.database import Database
from web.data.errors import ConflictError, DataError, InvalidError
from web.data.schema import Article, Family, Segment


@pytest.fixture
def decided(database, moderator, take_in):
    """Two articles; of two notices one was hidden and one kept, and a story was hidden in part."""
    take_in(f"{STORY}\n\n{OPINION}", f"{STORY}\n\n{RIGHTS}")
    with database.writing() as session:
        found = {family.text: family.id for family in session.scalars(select(Family)).all()}
        story = session.scalars(select(Segment).where(Segment.placed.is_(None))).first()
        found[STORY] = families.founded(session, story.family_id).id
        verdicts.decide(session, moderator, found[OPINION], "hide")
        verdicts.decide(session, moderator, found[RIGHTS], "keep")
        verdicts.decide(session, moderator, found[STORY], "hide", kinds=["terms"], span=(0, 11))
    return found


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (50, 100, 0.4038, 0.5962), (1, 1, 0.2065, 1)],
)
def test_wilson(hits, of, low, high):
    """The interval is Wilson's, also at its ends."""
    assert statistics.wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_precision_counts_families_that_people_decided(database, decided, take_in):
    """Of two notices of the detector, people hid one; by language, kind and source alike."""
    take_in(
        f"{STORY}\n\nSome of the links here are affiliate links, and we may earn a commission.",
        source="Other",
    )
    with database.reading() as session:
        (found,) = statistics.precision(session)
        assert (found.right, found.of, found.share) == (1, 2, 0.5)
        assert [p.name for p in statistics.precision(session, "language")] == ["en"]
        assert {p.name: p.right for p in statistics.precision(session, "kind")}["copyright"] == 0
        assert [(p.name, p.of) for p in statistics.precision(session, "source")] == [("Harbour Post", 2)]
        with pytest.raises(InvalidError):
            statistics.precision(session, "moon")


def test_empty_figures(database):
    """Without data there are figures too."""
    with database.reading() as session:
        assert statistics.precision(session) == []
        assert statistics.queue_state(session) == statistics.QueueState({}, None, None)
        assert statistics.histogram(session) == [0] * 20
        assert statistics.drift(session) == []
        assert sum(n for _, n in statistics.decisions_per_hour(session)) == 0


def test_queue_and_pace(database, clock, moderator, take_in):
    """Length and age of the queue, and decisions by hour."""
    take_in(f"{STORY}\n\n{OPINION}", f"{STORY}\n\n{RIGHTS}")
    clock.now += 7200
    with database.writing() as session:
        family = session.scalar(select(Family.id).where(Family.status == "open"))
        verdicts.decide(session, moderator, family, "hide")
    with database.reading() as session:
        state = statistics.queue_state(session)
        assert (state.length["open"], state.oldest, state.median_age) == (1, 7200, 7200)
        pace = statistics.decisions_per_hour(session, 3)
    assert [n for _, n in pace] == [0, 0, 1]
    assert pace[-1][0] == clock.now // 3600 * 3600


def test_histogram_counts_copies(database, take_in):
    """Every copy is counted once, in the bin of its family's score."""
    take_in(f"{STORY}\n\n{OPINION}", f"{STORY}\n\n{OPINION}")
    with database.reading() as session:
        bins = statistics.histogram(session, 10)
        assert statistics.queue_state(session).length == {"open": 1, "quiet": 1}
    assert (bins[0], bins[-1], sum(bins)) == (2, 2, 4)


def test_drift_by_week(database, clock, take_in):
    """Each week has its share of notices; an old week falls out."""
    take_in(f"{STORY}\n\n{OPINION}")
    clock.now += 7 * 24 * 3600
    take_in(STORY, source="Other")
    with database.reading() as session:
        weeks = statistics.drift(session)
        assert [(w.articles, w.segments, w.share) for w in weeks] == [(1, 2, 0.5), (1, 1, 0.0)]
        assert weeks[1].start - weeks[0].start == 7 * 24 * 3600
        assert [w.articles for w in statistics.drift(session, weeks=1)] == [1]
        assert [w.share for w in statistics.drift(session, source_id=1)] == [0.5]


def test_export_is_read_by_training(database, decided, tmp_path):
    """Verdicts are lines of a corpus: what was hidden is a notice, what was kept is hard story."""
    path = tmp_path / "en.jsonl"
    with database.reading() as session, path.open("w", encoding="utf-8") as file:
        assert export.write_jsonl(session, file) == 3
    found = {example.text: example for example in read_corpus([path])}
    assert found[OPINION].label == "notice"
    assert "third_party" in found[OPINION].kinds
    assert (found[RIGHTS].label, found[RIGHTS].kinds, found[RIGHTS].hard) == ("editorial", (), True)
    assert (found[STORY[:11]].label, found[STORY[:11]].kinds) == ("notice", ("terms",))


def test_odd_text_is_exported(database, moderator, take_in, tmp_path):
    """Text that is no UTF-8 is written as escapes and comes back."""
    text = f"\ud800 {RIGHTS}"
    take_in(text)
    with database.writing() as session:
        verdicts.decide(session, moderator, 1, "hide")
    path = tmp_path / "odd.jsonl"
    with database.reading() as session, path.open("w", encoding="utf-8") as file:
        export.write_jsonl(session, file)
    assert json.loads(path.read_text("utf-8"))["text"] == text


def test_table_for_people(database, moderator, decided):
    """Every decision is a row, also one taken back; no cell is a formula."""
    with database.writing() as session:
        verdicts.undo(session, moderator)
        families.get(session, decided[RIGHTS]).text = "=1+1"
    file = io.StringIO()
    with database.reading() as session:
        assert export.write_csv(session, file) == 3
    rows = list(csv.DictReader(file.getvalue().splitlines()))
    assert [row["verdict"] for row in rows] == ["hide", "keep", "hide"]
    assert [bool(row["undone"]) for row in rows] == [False, False, True]
    assert rows[1]["text"] == "'=1+1"


def test_backup_comes_back(database, decided, tmp_path, take_in, judge):
    """A backup restored into an empty database has everything, and goes on from there."""
    path = tmp_path / "backup.gz"
    assert backup.write(database, path) > 10
    other = Database.open(tmp_path / "other.db")
    backup.restore(other, path)
    assert backup.write(other, tmp_path / "again.gz") == backup.write(database, path)
    assert lines(path) == lines(tmp_path / "again.gz")
    with other.writing() as session:
        assert journal.verify(session) is None
        assert outcome.clean(session, 1).text == outcome.clean(session, 1).text
        session.add(Family(**dict.fromkeys(("fingerprint", "text", "label", "status", "base"), "x"), **ZEROS))
    other.close()


def lines(path):
    return sorted(gzip.decompress(path.read_bytes()).splitlines())


ZEROS = dict.fromkeys(("score", "chrome", "copies", "source_count", "priority", "first_seen", "last_seen"), 0)
ZEROS["kinds"] = []


def test_restore_numbers_go_on(database, decided, tmp_path, server):
    """Restored into PostgreSQL, new rows get new numbers."""
    path = tmp_path / "backup.gz"
    backup.write(database, path)
    other = Database.open(server.make("restored"))
    try:
        backup.restore(other, path)
        with other.writing() as session:
            session.add(
                Family(**dict.fromkeys(("fingerprint", "text", "label", "status", "base"), "x"), **ZEROS)
            )
            session.flush()
            assert journal.append(session, "a", "b", "c").id > 1
    finally:
        other.close()
        server.drop("restored")


def test_restore_spares_what_is_there(database, decided, tmp_path):
    """Nothing is restored over rows."""
    path = tmp_path / "backup.gz"
    backup.write(database, path)
    with pytest.raises(ConflictError, match="empty database"):
        backup.restore(database, path)


@pytest.mark.parametrize("damage", ["cut", "not gzip", "other", "missing", "line"])
def test_damaged_backup_restores_nothing(decided, database, tmp_path, damage):
    """A backup that is not whole is refused, and leaves the database empty."""
    path = tmp_path / "backup.gz"
    backup.write(database, path)
    whole = gzip.decompress(path.read_bytes()).splitlines()
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "not gzip":
        path.write_text("hello")
    elif damage == "other":
        path.write_bytes(gzip.compress(b'{"format": "other"}'))
    elif damage == "missing":
        path.unlink()
    else:
        path.write_bytes(gzip.compress(b"\n".join([*whole[:5], *whole[6:]])))
    other = Database.open(tmp_path / "other.db")
    with pytest.raises(DataError):
        backup.restore(other, path)
    with other.reading() as session:
        assert session.scalars(select(Article)).all() == []
    other.close()


def test_settings_make_their_own_secret(tmp_path):
    """The secret is made once, long, and read by the owner alone."""
    one = settings.load(instance=tmp_path / "a", environ={})
    assert settings.load(instance=tmp_path / "a", environ={}) == one
    assert settings.load(instance=tmp_path / "b", environ={}).secret != one.secret
    assert len(one.secret) >= 32
    assert stat.S_IMODE((tmp_path / "a" / "secret").stat().st_mode) == 0o600
    assert (one.host, one.port) == ("127.0.0.1", 8000)
    assert one.secret not in repr(one)


def test_settings_take_flags_before_the_environment(tmp_path):
    """A flag wins over a variable, a variable over what is usual."""
    environ = {"DETECTOR_WEB_PORT": "9000", "DETECTOR_WEB_HOST": "::1", "DETECTOR_WEB_SECURE": "true"}
    found = settings.load(port=9001, instance=tmp_path, environ=environ)
    assert (found.port, found.host, found.secure) == (9001, "::1", True)
    assert settings.load(instance=tmp_path, environ=environ).port == 9000


@pytest.mark.parametrize("environ", [{"DETECTOR_WEB_PORT": "x"}, {"DETECTOR_WEB_SECRET": "short"}])
def test_bad_settings_are_told(tmp_path, environ):
    """A setting that cannot be says so."""
    with pytest.raises(InputError, match="DETECTOR_WEB"):
        settings.load(instance=tmp_path, environ=environ)
