"""Commands: `python -m web` serves the moderation UI; the others fill, export, keep and check its data."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from detector import Detector
from detector.errors import DetectorError, InputError
from detector.files import STDIN
from detector.formats import FORMATS
from web import settings as options_of
from web.data import backup, export, intake, journal, people
from web.data.database import Database
from web.data.errors import NotFoundError
from web.data.schema import ROLES
from web.deliver import Delivery, delivered
from web.ingest import Tally, complain, ingest
from web.memory import settle
from web.settings import PREFIX, Settings

DONE, BROKEN, WRONG = 0, 1, 2
#: Who does what is done on the console, in the journal.
CONSOLE = "console"

Run = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        settings = options_of.load(
            database=options.database, host=options.host, port=options.port, instance=options.instance
        )
        run: Run = options.run
        return run(options, settings)
    except DetectorError as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader has seen enough. Python would complain when it closes the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _failed("stopped; what was done is kept.")


def parser() -> argparse.ArgumentParser:
    """The parser of the commands, with its help."""
    top = argparse.ArgumentParser(prog="python -m web", description=__doc__, parents=[_where(None)])
    top.set_defaults(run=_serve)
    top.add_argument("--host", help="the address to serve on (127.0.0.1)")
    top.add_argument("--port", type=int, help="the port to serve on (8000)")
    top.add_argument("--model", metavar="PATH", help="another model file")
    top.add_argument(
        "--workers", type=int, metavar="N", help="serve by gunicorn with N processes, for PostgreSQL"
    )
    commands = top.add_subparsers(metavar="COMMAND")

    def command(name: str, run: Run, about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=about, description=about.capitalize() + ".", parents=[_where(argparse.SUPPRESS)]
        )
        made.set_defaults(run=run)
        return made

    command("demo", _demo, "store articles to try the queue with")
    ingest = command("ingest", _ingest, "analyse and store articles of a source")
    ingest.add_argument(
        "files", nargs="+", metavar="FILE", help="text, Markdown, HTML, feed or JSON Lines; - is a pipe"
    )
    ingest.add_argument("--source", required=True, metavar="NAME", help="their publisher")
    ingest.add_argument("--format", choices=FORMATS, default="auto", help="default: auto")
    exported = command("export", _export, "write the verdicts to a file, or - for a pipe")
    sorts = exported.add_mutually_exclusive_group(required=True)
    sorts.add_argument("--jsonl", metavar="FILE", help="settled wordings, for `python -m training learn`")
    sorts.add_argument("--csv", metavar="FILE", help="every decision, for people")
    command("backup", _backup, "write all data to a file, while others work").add_argument("file", type=Path)
    command("restore", _restore, "read a backup into an empty database").add_argument("file", type=Path)
    command("verify-log", _verify, "check that no entry of the journal was changed")
    deliver = command("deliver", _deliver, "send webhooks, as a server does")
    deliver.add_argument("--once", action="store_true", help="send what is due, then end")
    link = command("link", _link, "make a one-time link: for somebody new, or for a new password")
    link.add_argument("--role", choices=ROLES, default="lead", help="of somebody new (lead)")
    link.add_argument("--person", metavar="NAME", help="who gets a new password")
    command("upgrade", _upgrade, "bring the tables to this version")
    again = command("reanalyse", _reanalyse, "analyse again what another model has analysed; verdicts stay")
    for one in (ingest, again):
        one.add_argument("--model", metavar="PATH", default=argparse.SUPPRESS, help="another model file")
    return top


def _where(default: str | None) -> argparse.ArgumentParser:
    """Options of all commands, which may stand before or after the command's name."""
    made = argparse.ArgumentParser(add_help=False)
    made.add_argument(
        "--database", metavar="URL", default=default, help="a path, or postgresql://… (instance/web.db)"
    )
    made.add_argument(
        "--instance", type=Path, metavar="FOLDER", default=default, help="what is kept beside it (instance)"
    )
    return made


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    from web import serving  # which loads all of the server

    if options.workers is not None:
        serving.serve_by_gunicorn(settings, options.workers, options.model)
    serving.serve(settings, options.model)
    return DONE


def _demo(options: argparse.Namespace, settings: Settings) -> int:
    from web import demo

    tally = Tally()
    with _opened(settings) as database:
        judge = _detector(options)
        for source, articles in demo.sources().items():
            for result in intake.stream(database, judge, articles, source, CONSOLE):
                tally.add(result.state, result.error)
    print(f"{tally}. Now run `python -m web`.")
    return DONE if tally.clean else WRONG


def _ingest(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings) as database:
        judge = _detector(options)
        tally = ingest(database, judge, options.files, options.source, options.format, CONSOLE)
    print(f"{tally}.")
    return DONE if tally.clean else WRONG


def _export(options: argparse.Namespace, settings: Settings) -> int:
    name, write = (
        (options.jsonl, export.write_jsonl) if options.jsonl is not None else (options.csv, export.write_csv)
    )
    with _opened(settings, new=False) as database, _written(name) as file, database.reading() as session:
        count = write(session, file)
    print(f"Wrote {count:,} lines.", file=sys.stderr)
    return DONE


@contextmanager
def _written(name: str) -> Iterator[TextIO]:
    """A file that takes its place when it is whole, or standard output for "-"."""
    if name == STDIN:
        yield sys.stdout
        sys.stdout.flush()
        return
    part = Path(f"{name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(name)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise InputError(f"{name} cannot be written ({error.strerror}): name another file.") from error


def _backup(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings, new=False) as database:
        count = backup.write(database, options.file)
    print(f"Wrote {count:,} rows to {options.file}.")
    return DONE


def _restore(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings) as database:
        count = backup.restore(database, options.file)
    print(f"Restored {count:,} rows.")
    return DONE


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings, new=False) as database, database.reading() as session:
        broken = journal.verify(session)
        newest = journal.entries(session, limit=1)
    if broken is not None:
        print(f"The journal is broken at entry {broken}: it, or what stood before it, was changed.")
        return BROKEN
    if newest:
        print(f"The journal holds. Its newest entry is {newest[0].id}, its hash {newest[0].hash}.")
    else:
        print("The journal holds: it is empty.")
    return DONE


def _deliver(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings, new=False) as database:
        if options.once:
            print(f"{delivered(database):,} messages arrived.")
        else:
            Delivery(database).run()
    return DONE


def _link(options: argparse.Namespace, settings: Settings) -> int:
    from web import serving

    with _opened(settings) as database:
        number = _number(database, options.person) if options.person else None
        print(serving.new_link(settings, database, options.role, number))
    return DONE


def _number(database: Database, name: str) -> int:
    with database.reading() as session:
        found = next((person.id for person in people.everybody(session) if person.name == name), None)
    if found is None:
        raise NotFoundError(f"There is no person {name!r}: check the name.")
    return found


def _upgrade(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings) as database:
        print(f"The tables are those of revision {database.revision()}.")
    return DONE


def _reanalyse(options: argparse.Namespace, settings: Settings) -> int:
    with _opened(settings, new=False) as database:
        count = intake.reanalyse(database, _detector(options), CONSOLE)
    print(f"Analysed {count:,} articles again.")
    return DONE


@contextmanager
def _opened(settings: Settings, new: bool = True) -> Iterator[Database]:
    """The database, with the tables of this version. Raises `NotFoundError` for one that may not be `new`."""
    database = Database.open(settings.database)
    try:
        if not new and database.revision() is None:
            raise NotFoundError(f"{database.name} is empty: check --database and --instance.")
        database.upgrade()
        yield database
    finally:
        database.close()


def _detector(options: argparse.Namespace) -> Detector:
    detector = Detector.load(options.model or os.environ.get(PREFIX + "MODEL"))
    settle()
    return detector


def _failed(message: str) -> int:
    complain(message)
    return WRONG
