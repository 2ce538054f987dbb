"""The moderation UI's data layer at size: `python -m benchmarks.web [--quick]` writes benchmarks/web.md."""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from benchmarks import report, texts
from detector import Detector
from web.data import intake, journal, placing, queue, verdicts
from web.data.database import Database
from web.data.filters import Filter
from web.data.intake import Incoming
from web.data.schema import (
    EVERYWHERE,
    Article,
    Band,
    Decision,
    Entry,
    Family,
    FamilyKind,
    FamilySource,
    Person,
    Segment,
    Source,
    Wording,
)
from web.memory import settle

REPORT = Path(__file__).with_name("web.md")
HEAD = """# The moderation UI at size

Times of the data layer, in one process, by the clock; other processes share the machine. Ratios carry over
to other machines, milliseconds do not. `python -m benchmarks.web` measures anew and writes this page; it
needs the extra `web`, PostgreSQL's programs and 2 GB of disk, and takes about ten minutes.

"""
KINDS = ("not_advice", "copyright", "risk_warning", "sponsorship", "terms", "privacy", "automated")
LANGUAGES = ("en", "de", "fr", "es", "ru", "zh-Hans", "ar", "ja")
#: What a person does.
ACTS = ("next card of a kind", "next card", "decide")
#: What an article of the large database holds.
SEGMENTS = 20
NOTICES = (
    "This article is for information only and is not investment advice.",
    "All rights reserved. No part of this page may be copied without our consent.",
    "Some links are affiliate links: we may earn a commission if you buy something.",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Segments and families of both databases, rounds of deciding, moderators, articles to take in."""

    large: tuple[int, int] = (1_000_000, 100_000)
    small: tuple[int, int] = (10_000, 1_000)
    rounds: int = 400
    moderators: int = 32
    each: int = 20
    articles: int = 600


QUICK = Sizes((20_000, 2_000), (4_000, 400), 40, 8, 5, 60)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="try small sizes; print, and write no report")
    options = parser.parse_args()
    text = run(QUICK if options.quick else Sizes())
    print(text)
    if not options.quick:
        machine = report.machine(("numpy", "sqlalchemy", "psycopg", "flask")).replace(
            "One core of", "Cores of"
        )
        REPORT.write_text(f"{HEAD}{machine}\n\n{text}", "utf-8")


def run(sizes: Sizes) -> str:
    """The three tables, and which goals are reached."""
    parts = [deciding, moderating, taking_in]
    with databases() as opened:
        return "\n".join(part(opened, sizes) for part in parts)


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], Database]]]:
    """Makers of empty databases by name; all is gone afterwards."""
    from tests.web.conftest import Server, _programs

    folder = Path(tempfile.mkdtemp(prefix="benchmarks-"))
    programs = _programs()
    if programs is None:
        raise SystemExit("needs the programs of PostgreSQL: on Debian, apt-get install postgresql")
    server = Server(programs)
    numbers = iter(range(100))
    opened: list[Database] = []

    def kept(address: str | Path) -> Database:
        opened.append(Database.open(address))
        opened[-1].upgrade()
        return opened[-1]

    try:
        yield {
            "SQLite": lambda: kept(folder / f"{next(numbers)}.db"),
            "PostgreSQL": lambda: kept(server.make(f"made{next(numbers)}")),
        }
    finally:
        for database in opened:
            database.close()
        server.end()
        shutil.rmtree(folder)


def deciding(opened: dict[str, Callable[[], Database]], sizes: Sizes) -> str:
    """Next card and decision, in a small and a large database."""
    rows, goals = [], ""
    for name, make in opened.items():
        both = [filled(make(), size) for size in (sizes.small, sizes.large)]
        measured = decided(both, sizes.rounds)
        for act in measured[0]:
            small, large = (quantiles(found[act]) for found in measured)
            ratios = [big / little for big, little in zip(large, small, strict=True)]
            rows.append(
                (f"{name}: {act}", *map(milliseconds, (*small, *large)), *(f"{r:.2f} ×" for r in ratios))
            )
            for at, ratio in zip(("p50", "p95"), ratios, strict=True):
                goals += report.most(ratio, f"× the small one's {at} ({name}, {act})", 2)
    head = ("milliseconds", "small p50", "small p95", "large p50", "large p95", "p50 grows", "p95 grows")
    note = (
        f"The small database has {sizes.small[0]:,} segments in {sizes.small[1]:,} families, the large one "
        f"{sizes.large[0]:,} in {sizes.large[1]:,}; one person takes and decides {sizes.rounds} cards."
    )
    return f"## Deciding\n\n{note}\n\n{report.table(head, rows)}\n{goals}"


def decided(databases: Sequence[Database], rounds: int) -> list[dict[str, list[float]]]:
    """Seconds of each act in each database; they take turns, so that what else goes on meets both."""
    people = [moderator(database, "Ada") for database in databases]
    times: list[dict[str, list[float]]] = [{act: [] for act in ACTS} for _ in databases]
    for _ in range(rounds):
        for database, person, spent in zip(databases, people, times, strict=True):
            a_kind, a_card, a_decision = (spent[act] for act in ACTS)
            with timed(a_kind), database.writing() as session:
                assert queue.take(session, person, Filter(kind=KINDS[-1]))
            with database.writing() as session:
                queue.release(session, person)
            with timed(a_card), database.writing() as session:
                card = queue.take(session, person)
                assert card is not None
            with timed(a_decision), database.writing() as session:
                verdicts.decide(session, person, card.family.id, random.choice(("hide", "keep")))
    return times


def moderating(opened: dict[str, Callable[[], Database]], sizes: Sizes) -> str:
    """Many people at once: every card is decided once, and every decision is there."""
    rows, goals = [], ""
    for name, make in opened.items():
        database = filled(make(), sizes.small)
        people = [moderator(database, f"moderator {i}") for i in range(sizes.moderators)]
        start = time.perf_counter()
        work = partial(shift, database, sizes.each)
        with ThreadPoolExecutor(sizes.moderators) as pool:
            told = list(chain.from_iterable(pool.map(work, people)))
        seconds = time.perf_counter() - start
        lost, doubled, broken = checked(database, told)
        rows.append((name, f"{len(told):,}", report.number(len(told) / seconds), str(lost), str(doubled)))
        goals += report.most(lost + doubled, f"decisions lost or doubled ({name})", 0)
        goals += "" if broken is None else f"- **The journal is broken** at {broken} ({name}).\n"
    head = ("database", "decisions", "a second", "lost", "doubled")
    note = f"{sizes.moderators} moderators in threads, each of whom takes and decides {sizes.each} cards."
    return f"## Many at once\n\n{note}\n\n{report.table(head, rows)}\n{goals}"


def shift(database: Database, count: int, person: Person) -> list[tuple[int, int]]:
    """Take and decide cards; the families and decisions that this person was told of."""
    done = []
    for _ in range(count):
        with database.writing() as session:
            card = queue.take(session, person)
        if card is None:
            break
        with database.writing() as session:
            decision = verdicts.decide(session, person, card.family.id, "hide")
        done.append((card.family.id, decision.id))
    return done


def checked(database: Database, told: Sequence[tuple[int, int]]) -> tuple[int, int, int | None]:
    """Decisions that were told and are not there, families decided twice, and where the journal breaks."""
    with database.reading() as session:
        kept = dict(session.execute(select(Decision.id, Decision.family_id)).all())
        journaled = session.scalar(select(func.count()).select_from(Entry).where(Entry.act == "decide"))
        lost = sum(kept.get(decision) != family for family, decision in told) + abs(
            len(kept) - (journaled or 0)
        )
        doubled = sum(count - 1 for count in Counter(kept.values()).values())
        return lost, doubled, journal.verify(session)


def taking_in(opened: dict[str, Callable[[], Database]], sizes: Sizes) -> str:
    """Articles a second, stored, beside analysis alone."""
    detector = Detector.load()
    settle()  # as the commands do
    incoming = list(articles(sizes.articles))
    batches = [incoming[i : i + intake.BATCH] for i in range(0, len(incoming), intake.BATCH)]
    alone = best(lambda: [detector.analyze_all([one.text for one in batch], "text") for batch in batches])
    rows = [("analysis alone", report.number(len(incoming) / alone), "1.00 ×")]
    goals = ""
    for name, make in opened.items():
        taken = []
        for _ in range(3):
            database = make()
            start = time.perf_counter()
            results = intake.store(database, detector, incoming, "Benchmark", "benchmark")
            taken.append(time.perf_counter() - start)
            assert all(result.state == "stored" for result in results)
        ratio = alone / min(taken)
        rows.append((f"stored in {name}", report.number(len(incoming) / min(taken)), f"{ratio:.2f} ×"))
        goals += report.least(ratio, f"× analysis alone ({name})", 0.5)
    size = sum(len(one.text) for one in incoming) / len(incoming)
    note = (
        f"{len(incoming):,} articles of {size:,.0f} characters: paragraphs of which no two are the same, and "
        "three notices that all share. The best of three; each into an empty database."
    )
    return f"## Intake\n\n{note}\n\n{report.table(('', 'articles/s', 'is of analysis'), rows)}\n{goals}"


def articles(count: int) -> Iterator[Incoming]:
    """Articles of new paragraphs and known notices."""
    stream = texts.stream(float("inf"))
    for number in range(count):
        story = [next(stream) for _ in range(10)]
        yield Incoming("\n\n".join([*story, *NOTICES]), f"article {number}", "text")


def best(call: Callable[[], object]) -> float:
    """The least seconds of three calls."""
    times: list[float] = []
    for _ in range(3):
        with timed(times):
            call()
    return min(times)


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Note how long something takes."""
    start = time.perf_counter()
    yield
    times.append(time.perf_counter() - start)


def quantiles(times: Sequence[float]) -> tuple[float, float]:
    """The median, and what 95 of 100 are below."""
    cuts = statistics.quantiles(times, n=20)
    return cuts[9], cuts[18]


def milliseconds(seconds: float) -> str:
    return report.number(1000 * seconds)


def moderator(database: Database, name: str) -> Person:
    """Somebody new."""
    with database.writing() as session:
        person = Person(name=name, role="moderator", active=True, keys={}, created=0, cards=0)
        session.add(person)
        session.flush()
        return person


def filled(database: Database, size: tuple[int, int]) -> Database:
    """An empty database with so many segments and families, as intake leaves them, without analysis."""
    segments, families = size
    chance = random.Random(20260101)
    # Some wordings are everywhere and most are rare, as in life.
    copies = Counter(
        min(int(families * chance.random() ** 3), families - 1) for _ in range(segments - families)
    )
    with database.writing() as session:
        session.add(Source(id=1, name="Benchmark", policy={}, threshold=None, created=0))
        session.flush()
        put(session, Family, (family(i, 1 + copies[i], chance) for i in range(families)))
        put(
            session,
            Wording,
            (
                {"fingerprint": f"{i:032x}", "source_id": EVERYWHERE, "family_id": i + 1}
                for i in range(families)
            ),
        )
        put(
            session,
            FamilySource,
            ({"source_id": 1, "family_id": i + 1, "copies": 1 + copies[i]} for i in range(families)),
        )
        put(
            session,
            FamilyKind,
            ({"kind": KINDS[i % len(KINDS)], "family_id": i + 1} for i in range(families)),
        )
        # A family has 28 keys; one is enough to see that it can be found.
        put(session, Band, ({"key": i, "family_id": i + 1} for i in range(families)))
        put(session, Article, (article(i) for i in range(-(-segments // SEGMENTS))))
    placed = list(range(families)) + list(copies.elements())
    chance.shuffle(placed)
    for start in range(0, segments, 100_000):
        with database.writing() as session:
            rows = enumerate(islice(placed, start, start + 100_000), start)
            put(session, Segment, (segment(at, number) for at, number in rows))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return database


def put(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    """Insert many rows."""
    while lot := list(islice(rows, 10_000)):
        session.execute(insert(table), lot)


def family(i: int, copies: int, chance: random.Random) -> dict[str, Any]:
    score = chance.random()
    label = "notice" if score > 0.5 else "editorial"
    status = placing.resting(label, score, 0.0, copies)
    return {
        "fingerprint": f"{i:032x}",
        "text": f"Wording number {i} of this benchmark is no advice.",
        "language": LANGUAGES[i % len(LANGUAGES)],
        "label": label,
        "score": score,
        "chrome": 0.0,
        "kinds": [KINDS[i % len(KINDS)]],
        "kind": KINDS[i % len(KINDS)],
        "copies": copies,
        "source_count": 1,
        "status": status,
        "base": status,
        "verdict": None,
        "verdict_kinds": None,
        "span": None,
        "priority": placing.priority(label, score, 0.0, copies),
        "first_seen": 1_790_000_000 + i,
        "last_seen": 1_790_000_000 + i,
    }


def article(i: int) -> dict[str, Any]:
    text = "\n\n".join(f"Segment {k} of an article." for k in range(SEGMENTS))
    told = {
        "source_id": 1,
        "key": str(i),
        "title": f"Article {i}",
        "url": None,
        "format": "text",
        "text": text,
    }
    told |= {
        "html": None,
        "language": "en",
        "model": "none",
        "legal_page": False,
        "digest": str(i),
        "week": 2950,
    }
    return told | dict.fromkeys(("added", "analysed", "segments", "notices"), SEGMENTS) | {"score_sum": 1.0}


def segment(at: int, number: int) -> dict[str, Any]:
    position = at % SEGMENTS
    return {
        "article_id": at // SEGMENTS + 1,
        "parent": None,
        "position": position,
        "start": 26 * position,
        "end": 26 * position + 24,
        "form": "paragraph",
        "label": "notice",
        "score": 0.6,
        "chrome": 0.0,
        "kinds": [KINDS[number % len(KINDS)]],
        "evidence": [[0, 7, 0.5]],
        "fingerprint": f"{number:032x}",
        "placed": number + 1,
        "xpath": None,
        "line": None,
        "own_verdict": None,
    }


if __name__ == "__main__":
    main()
