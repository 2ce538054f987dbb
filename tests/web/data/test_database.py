"""The database and its transactions."""

import os
import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text

from web.data.columns import AnyText, escaped, unescaped
from web.data.database import Database, _config
from web.data.errors import DataError
from web.data.loading import among, load
from web.data.schema import Base, Hook, Segment, Source

ODD = "a\0b\ud800c\udcffd\ue000e\ue0000000f"


def source(name):
    return Source(name=name, policy={}, created=1)


def test_migrations_are_the_schema(database):
    """The revisions make the tables that the code expects, and no others."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_older_database_is_brought_up_to_date(tmp_path, server):
    """Rows of the first revision are kept, and numbers of those that are gone are not given again."""
    for number, address in enumerate((tmp_path / "old.db", server.make("old"))):
        database = Database.open(address)
        with database.writing() as session:
            config = _config()
            config.attributes["connection"] = session.connection()
            command.upgrade(config, "0001")
            for line in OLD:
                session.execute(text(line))
        database.upgrade()
        with database.writing() as session:
            kept = session.scalars(select(Segment)).one()
            assert (kept.placed, kept.family_id, kept.fingerprint) == (1, 1, "f")
            columns = 'article_id, position, start, "end", form, label, score, chrome, kinds, fingerprint'
            values = "1, 1, 0, 1, 'paragraph', 'editorial', 0, 0, '[]', 'g'"
            session.execute(text(f"INSERT INTO segment ({columns}) VALUES ({values})"))
            assert session.scalar(select(func.max(Segment.id))) == 3, number
        database.close()
    server.drop("old")


_PLACE = 'article_id, position, start, "end", form, label, score, chrome, kinds, fingerprint, family_id'
_FAMILY = "fingerprint, text, label, score, chrome, kinds, copies, source_count, status, base, priority"
_ARTICLE = "source_id, key, format, text, model, legal_page, added, analysed, digest, week, segments"
#: Of two segments the last is gone.
OLD = (
    "INSERT INTO source (name, policy, created) VALUES ('s', '{}', 1)",
    f"INSERT INTO article ({_ARTICLE}, notices, score_sum)"
    " VALUES (1, 'k', 'text', 't', 'm', false, 1, 1, 'd', 1, 1, 1, 1)",
    f"INSERT INTO family ({_FAMILY}, first_seen, last_seen)"
    " VALUES ('f', 't', 'notice', 1, 0, '[]', 1, 1, 'open', 'open', 1, 1, 1)",
    f"INSERT INTO segment ({_PLACE}) VALUES (1, 0, 0, 1, 'paragraph', 'notice', 1, 0, '[]', 'f', 1)",
    f"INSERT INTO segment ({_PLACE}) VALUES (1, 1, 0, 1, 'paragraph', 'notice', 1, 0, '[]', 'f', 1)",
    "DELETE FROM segment WHERE id = 2",
)


def test_upgrade_twice_changes_nothing(database):
    """Each start may upgrade."""
    database.upgrade()
    database.check()


def test_empty_database_is_not_ready(tmp_path):
    """A database without tables says how to get them."""
    database = Database.open(tmp_path / "empty.db")
    with pytest.raises(DataError, match="start `python -m web`"):
        database.check()
    with pytest.raises(DataError, match="bring it up to date"), database.reading() as session:
        session.scalars(select(Source)).all()
    database.close()


def test_newer_database_is_left_alone(tmp_path):
    """Tables of a later version are not touched, and the remedy is named."""
    database = Database.open(tmp_path / "newer.db")
    database.upgrade()
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match="newer version"):
        database.upgrade()
    database.close()


def test_any_text_comes_back(database):
    """NUL, lone surrogates and the escape itself are kept to the character, also in JSON."""
    with database.writing() as session:
        session.add(Source(name=ODD, policy={ODD: [ODD]}, created=1))
    with database.reading() as session:
        found = session.scalars(select(Source)).one()
        assert session.scalars(select(Source).where(Source.name == ODD)).one() is found
    assert (found.name, found.policy) == (ODD, {ODD: [ODD]})


def test_rows_loaded_at_once_come_back(database):
    """Many rows at once are kept to the character, null and what ends a line included."""
    texts = [ODD, "\\N", "\\", "a\tb\\tc\nd\r\n", "", "'\"", "\u2028\x85"]
    rows = [(text, (text,), i / 7 if i else None, i) for i, text in enumerate(texts)]
    with database.writing() as session:
        load(session, Base.metadata.tables["source"], ("name", "policy", "threshold", "created"), rows)
        load(session, Base.metadata.tables["source"], ("name",), [])
    with database.reading() as session:
        found = session.scalars(select(Source).order_by(Source.created)).all()
        some = session.scalars(select(Source.created).where(among(session, Source.name, texts[:3])))
        assert sorted(some) == [0, 1, 2]
        assert session.scalars(select(Source.id).where(among(session, Source.name, []))).all() == []
    assert [(row.name, tuple(row.policy), row.threshold, row.created) for row in found] == rows
    assert len({row.id for row in found}) == len(texts)


def test_rows_that_cannot_be_loaded_are_told(database):
    """Where rows do not fit, the failure is told as such and nothing is kept."""
    table = Base.metadata.tables["wording"]
    with pytest.raises(DataError, match="failed"), database.writing() as session:
        session.add(source("one"))
        load(session, table, ("fingerprint", "source_id", "family_id"), [("a", 0, 77), ("b", 0, 78)])
    with database.reading() as session:
        assert session.scalar(select(func.count(Source.id))) == 0


def test_common_text_is_stored_as_it_is():
    """Other programs can read what is stored."""
    assert escaped("Łódź 😀\n") == "Łódź 😀\n"
    assert unescaped(escaped(ODD)) == ODD
    assert AnyText().process_bind_param(None, None) is None


def test_error_undoes_all(database):
    """A transaction that an error leaves has done nothing."""
    with pytest.raises(KeyError), database.writing() as session:
        session.add(source("one"))
        session.flush()
        raise KeyError
    with database.reading() as session:
        assert session.scalar(select(func.count(Source.id))) == 0


def test_reader_sees_one_state(database):
    """What a reader sees does not change while it reads."""
    with database.reading() as reader:
        before = reader.scalar(select(func.count(Source.id)))
        with database.writing() as session:
            session.add(source("one"))
        assert reader.scalar(select(func.count(Source.id))) == before == 0


@pytest.mark.parametrize("apart", [False, True])
def test_one_writer_at_a_time(database, url, apart):
    """Of those who read and then write, none overwrites what another did, in one process or apart."""

    def add():
        own = Database.open(url) if apart else database
        for _ in range(20):
            with own.writing() as session:
                row = session.scalars(select(Source)).one()
                row.created = row.created + 1
        if apart:
            own.close()

    with database.writing() as session:
        session.add(Source(name="sum", policy={}, created=0))
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalars(select(Source)).one().created == 80


def test_foreign_keys_hold(database):
    """A row cannot point to nothing."""
    with pytest.raises(DataError), database.writing() as session:
        session.execute(text("INSERT INTO wording VALUES ('a', 0, 77)"))


def test_full_disk_names_the_remedy(tmp_path):
    """A full disk is told as such, and what was there stays."""
    database = Database.open(tmp_path / "full.db")
    database.upgrade()
    with database.writing() as session:
        session.add(source("kept"))
        pages = session.scalar(text("PRAGMA page_count"))
    with pytest.raises(DataError, match="free space"), database.writing() as session:
        session.execute(text(f"PRAGMA max_page_count={pages + 2}"))
        session.add(Hook(url="x" * 100_000, secret="", created=1))
        session.flush()
    with database.reading() as session:
        assert session.scalars(select(Source.name)).all() == ["kept"]
    database.close()


def test_database_gone_and_back(server):
    """While the server is away each use says so; when it is back, the same object works."""
    database = Database.open(server.make("gone"))
    database.upgrade()
    server.stop()
    with pytest.raises(DataError, match="check that it runs"), database.writing():
        pass
    server.start()
    with database.writing() as session:
        session.add(source("back"))
    database.close()
    server.drop("gone")


def test_no_folder_names_the_remedy(tmp_path):
    """A path that cannot be made is told."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made"):
        Database.open(tmp_path / "file" / "web.db")


@pytest.mark.parametrize("url", ["oracle://x", "nothing://x", "://"])
def test_other_databases_are_refused(url):
    """A URL of another database says which ones there are."""
    with pytest.raises(DataError, match="postgresql"):
        Database.open(url)


def test_password_is_not_told():
    """Messages do not show the password of a database."""
    assert "secret" not in Database.open("postgresql://me:secret@nowhere/db").name


def test_damaged_file_names_the_remedy(tmp_path):
    """A file that is no database says so."""
    (tmp_path / "web.db").write_bytes(os.urandom(4096))
    with pytest.raises(DataError, match="restore"):
        Database.open(tmp_path / "web.db").upgrade()
