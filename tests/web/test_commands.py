"""The commands of `python -m web`, on SQLite and PostgreSQL."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from flask import request
from sqlalchemy import text

from detector import InputError
from tests.conftest import ROOT
from web import demo, serving
from web.commands import main, parser
from web.data import articles, bulk, journal, outbox, people, queue, verdicts
from web.data.filters import Filter
from web.data.schema import Entry, Family
from web.settings import load


@pytest.fixture
def run(url, tmp_path, capsys):
    """Runs a command on the database; gives its exit code and what it printed."""

    def run(*arguments, database=url):
        code = main([*arguments, "--database", database, "--instance", str(tmp_path / "instance")])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def settled(database, person):
    """A database with a decision."""

    def settle():
        ada = person("Ada", "lead")
        with database.writing() as session:
            card = queue.take(session, ada)
            verdicts.decide(session, ada, card.family.id, "keep")
            return card.family.text

    return settle


def count(database):
    with database.reading() as session:
        return articles.count(session)


def test_the_demo_fills_the_queue(run, database):
    """With our samples and publishers of many languages, whose notices are one family each; once."""
    code, out, _ = run("demo")
    assert code == 0 and "python -m web" in out
    with database.reading() as session:
        assert queue.counts(session)["open"] > 60
        assert len(queue.languages(session)) >= 8
        most = session.query(Family).order_by(Family.copies.desc()).first()
        assert most.copies >= 5
    before = count(database)
    assert run("demo")[:2] == (0, f"{before} unchanged. Now run `python -m web`.\n")
    assert count(database) == before


def test_the_demo_is_small_and_ours():
    """A few dozen articles, each with text of its own."""
    found = [one for listed in demo.sources().values() for one in listed]
    assert 40 <= len(found) <= 80
    assert len({one.text for one in found}) == len(found)


def test_files_are_ingested(run, database, tmp_path):
    """Texts, pages and JSON Lines; what is there already is left alone."""
    lines = tmp_path / "two.jsonl"
    lines.write_text("".join(json.dumps({"id": i, "text": f"Story number {i}."}) + "\n" for i in "ab"))
    names = [str(lines), str(ROOT / "samples" / "page-en.html")]
    assert run("ingest", *names, "--source", "Tests")[:2] == (0, "3 stored.\n")
    assert run("ingest", *names, "--source", "Tests")[:2] == (0, "3 unchanged.\n")
    assert count(database) == 3


def test_a_bad_file_does_not_stop_the_others(run, database, tmp_path):
    """What stands before a broken line is stored, the next files too; each fault is told, the code is 2."""
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "1", "text": "A story."}\n{"text": \n')
    good = tmp_path / "good.txt"
    good.write_text("Another story.")
    names = [str(broken), str(tmp_path / "none.txt"), str(good)]
    code, out, err = run("ingest", *names, "--source", "Tests")
    assert (code, count(database)) == (2, 2)
    assert out == "2 stored, 2 unreadable.\n"
    assert "line 2" in err and "none.txt does not exist" in err


def test_a_refused_article_is_told(run, tmp_path):
    """With its key and the reason."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"id": "k" * 400, "text": "A story."}) + "\n")
    code, out, err = run("ingest", str(rows), "--source", "Tests")
    assert (code, out) == (2, "1 refused.\n")
    assert "key has more than 300 characters" in err


def test_verdicts_are_exported(run, settled, tmp_path):
    """To a file that is whole or not there, or to a pipe; one of both sorts must be named."""
    run("demo")
    wording = settled()
    path = tmp_path / "verdicts.jsonl"
    assert run("export", "--jsonl", str(path))[0] == 0
    assert json.loads(path.read_text("utf-8"))["text"] == wording
    code, out, _ = run("export", "--csv", "-")
    assert code == 0 and out.startswith("family,verdict") and "Ada" in out
    for place in (tmp_path / "no" / "file.csv", tmp_path):
        code, _, err = run("export", "--csv", str(place))
        assert code == 2 and "name another file" in err
    assert not list(tmp_path.parent.glob("*.part"))
    with pytest.raises(SystemExit):
        run("export")


def test_a_backup_comes_back(run, settled, tmp_path):
    """Into an empty database of the other sort too; into one with rows it does not."""
    run("demo")
    settled()
    path = tmp_path / "backup.gz"
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert run("backup", str(path))[0] == 0
    code, _, err = run("restore", str(path))
    assert code == 2 and "has rows" in err
    assert run("restore", str(path), database=other)[0] == 0
    assert run("verify-log", database=other)[0] == 0
    assert run("export", "--jsonl", "-", database=other)[1] == run("export", "--jsonl", "-")[1]


def test_a_changed_journal_is_found(run, database, settled):
    """The entry is named, and the code is 1."""
    run("demo")
    settled()
    code, out, _ = run("verify-log")
    assert code == 0 and re.search(r"newest entry is \d+, its hash [0-9a-f]{64}", out)
    with database.writing() as session:
        first = session.query(Entry).order_by(Entry.id).first()
        session.execute(text("UPDATE journal SET person = 'Eve' WHERE id = :id"), {"id": first.id})
    code, out, _ = run("verify-log")
    assert code == 1 and f"broken at entry {first.id}" in out


@pytest.mark.parametrize(
    "command", [["verify-log"], ["backup", "b.gz"], ["export", "--csv", "-"], ["reanalyse"]]
)
def test_a_database_that_is_not_there_is_no_empty_one(run, tmp_path, command):
    """A wrong --database must not look like a journal that holds."""
    code, out, err = run(*command, database=str(tmp_path / "typo.db"))
    assert (code, out) == (2, "") and "check --database" in err


def test_a_link_is_made(run, database):
    """For somebody new, or a new password of somebody who is there."""
    code, out, _ = run("link", "--role", "moderator")
    key = re.search(r"/set-up/(\S+)", out)[1]
    person = people.use_link(database, key, "Mary", "correct horse battery")
    assert (code, person.role) == (0, "moderator")
    key = re.search(r"/set-up/(\S+)", run("link", "--person", "Mary")[1])[1]
    people.use_link(database, key, "", "another horse battery")
    assert people.sign_in(database, "Mary", "another horse battery")
    assert run("link", "--person", "Nobody")[0] == 2


def test_hooks_are_delivered_once(run, database, lead, settled, monkeypatch):
    """`deliver --once` sends what is due and ends."""
    sent = []
    monkeypatch.setattr(outbox, "post", lambda url, body, headers: sent.append(url) or 200)
    run("demo")
    with database.writing() as session:
        outbox.add_hook(session, lead, "https://hooks.example/in")
    settled()
    assert run("deliver", "--once")[:2] == (0, "1 messages arrived.\n")
    assert run("deliver", "--once")[:2] == (0, "0 messages arrived.\n")
    assert sent == ["https://hooks.example/in"]


def test_tables_are_upgraded_and_articles_analysed_again(run):
    """Both say what they did; with the same model there is nothing to do."""
    assert "revision" in run("upgrade")[1]
    run("demo")
    assert run("reanalyse")[:2] == (0, "Analysed 0 articles again.\n")


def test_a_lost_database_is_an_error_with_a_remedy(run):
    """Not a trace."""
    code, _, err = run("backup", "x.gz", database="postgresql://nobody@127.0.0.1:1/none")
    assert code == 2 and "--database" in err and "Traceback" not in err


def test_what_was_done_is_journaled(run, database):
    """By the name of the console."""
    run("demo")
    with database.reading() as session:
        assert {entry.person for entry in journal.entries(session)} == {"console"}


@contextmanager
def running(url, folder, *options):
    """`python -m web` in a process of its own; its address and what it printed until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "web", "--port", str(port), "--database", url, "--instance", str(folder)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    log = folder.parent / "log"
    with log.open("w") as out:
        process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=out, stderr=out, env=environment)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, log.read_text()
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", log.read_text(), process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("options", [[], ["--workers", "2"]], ids=["waitress", "gunicorn"])
def test_a_fresh_machine_serves(url, tmp_path, options):
    """The tables are made, the one-time link is printed and opens, and the server ends when it is told to."""
    with running(url, tmp_path / "instance", *options) as (address, printed, process):
        link = re.search(rf"{address}/set-up/\S+", printed)[0]
        with urllib.request.urlopen(link, timeout=60) as page:
            assert page.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize("options", [[], ["--workers", "2"]], ids=["waitress", "gunicorn"])
def test_a_port_in_use_is_told(tmp_path, capsys, monkeypatch, options):
    """With what to do, and no link that nobody would serve."""
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("gunicorn was begun"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--instance", str(tmp_path / "instance"), *options]) == 2
    out, err = capsys.readouterr()
    assert "(Address already in use): pass another --port" in err and not out


@pytest.mark.parametrize("options", [["--workers", "0"], ["--port", "0"], ["--port", "65536"]])
def test_numbers_that_cannot_be(tmp_path, capsys, options):
    """The option is named as it was given."""
    assert main(["--instance", str(tmp_path / "instance"), *options]) == 2
    assert f"{options[0]} is " in capsys.readouterr().err


def test_a_missing_package_is_told(tmp_path):
    """With the command that installs it."""
    hidden = "import sys; sys.modules['sqlalchemy'] = None; from web.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", hidden], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and done.stderr.startswith("web: needs sqlalchemy")
    assert "pip install '.[web]'" in done.stderr


def test_the_first_link_is_printed_while_there_is_nobody(database, tmp_path, capsys):
    """And not once somebody is there."""
    settings = load(instance=tmp_path / "instance", environ={})
    serving.tell(settings, database)
    key = re.search(r"/set-up/(\S+)", capsys.readouterr().out)[1]
    people.use_link(database, key, "Mary", "correct horse battery")
    serving.tell(settings, database)
    assert "/set-up/" not in capsys.readouterr().out


@pytest.fixture
def started(url, tmp_path):
    """What a WSGI server would run on the database; ended afterwards."""
    apps = []

    def start():
        settings = load(database=url, instance=tmp_path / "instance", environ={})
        apps.append(serving.application(settings))
        return apps[-1]

    yield start
    for app in apps:
        app.extensions["delivery"].stop()
        app.extensions["database"].close()


def test_a_start_finishes_what_a_kill_has_left(started, run, database, lead):
    """A bulk verdict that was begun is in force before the first request."""
    run("demo")
    with database.writing() as session:
        batch = bulk.start(session, lead, Filter(kind="copyright"), "hide")
    started()
    with database.reading() as session:
        assert bulk.get(session, batch.id).state == "done"


@pytest.mark.parametrize(("count", "seen"), [("0", "127.0.0.1"), ("1", "192.0.2.7"), ("2", "198.51.100.9")])
def test_an_address_is_believed_from_known_proxies(started, monkeypatch, count, seen):
    """From as many as there are, and no more: what callers write themselves is not."""
    monkeypatch.setenv("DETECTOR_WEB_PROXIES", count)
    app = started()
    found = []
    app.before_request(lambda: found.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.9, 192.0.2.7"})
    assert found == [seen]


@pytest.mark.parametrize("value", ["x", "-1", "1.5"])
def test_proxies_are_a_number(started, monkeypatch, value):
    """Whose address is believed is not guessed."""
    monkeypatch.setenv("DETECTOR_WEB_PROXIES", value)
    with pytest.raises(InputError, match="PROXIES"):
        started()


def test_every_command_and_option_is_documented():
    """An option without a word in docs/moderation.md fails."""
    told = (ROOT / "docs" / "moderation.md").read_text("utf-8")
    (commands,) = (action.choices for action in parser()._actions if isinstance(action.choices, dict))
    for name in commands:
        assert f"`{name}" in told, name
    for one in (parser(), *commands.values()):
        options = {option for action in one._actions for option in action.option_strings}
        for option in options - {"-h", "--help"}:
            assert re.search(f"[ `]{option}[ `]", told), f"{one.prog} {option}"
