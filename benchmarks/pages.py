"""Web pages read and judged, beside extractors, which leave out what is no article and judge nothing."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.extraction import CONTESTANTS, STOPLISTS, Page
from benchmarks.settings import Settings
from benchmarks.timing import ROOT, best
from detector import Detector

SAMPLES = ROOT / "samples"
#: How often the pages of the samples are taken.
REPEATED = 20


def run(settings: Settings) -> str:
    """The table of pages a second, and what of the goals is reached."""
    pages = list(read(settings.pages) if settings.pages else samples())
    if not pages:
        sys.exit(f"No pages in {settings.pages}: each row needs `html`.")
    seconds = {c.name: best(lambda c=c: [c.before(p) for p in pages]) for c in CONTESTANTS}  # type: ignore[misc]
    *others, own = seconds
    judge = Detector.load()
    together = best(lambda: judge.analyze_all([page.html for page in pages], "html"))
    ours = {"detector, all pages in one call": together, "detector, page by page": seconds[own]}
    rows = [
        (name, report.number(len(pages) / s), f"{report.number(s / together)} ×")
        for name, s in {**ours, **{n: seconds[n] for n in others}}.items()
    ]
    table = report.table(("reading on one core", "pages/s", "the detector is"), rows)
    goal = report.least(seconds["trafilatura"] / together, "× trafilatura", 5)
    return f"{note(settings, pages)}\n\n{table}\n{goal}"


def note(settings: Settings, pages: Sequence[Page]) -> str:
    """Which pages these are."""
    length = sum(len(page.html) for page in pages) / len(pages)
    if settings.pages:
        return f"{len(pages)} pages of news and blogs from the web, {length:,.0f} characters of HTML each."
    return f"The pages of `samples/`, each {REPEATED} times, {length:,.0f} characters of HTML each."


def read(path: Path) -> Iterator[Page]:
    """The rows with a page; `lang` is the language of its stop words where there are some, else English."""
    with (gzip.open if path.suffix == ".gz" else Path.open)(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row.get("html"):
                language = row.get("lang", "en")
                yield Page(row["html"], language if language in STOPLISTS else "en", {})


def samples() -> Iterator[Page]:
    for path in sorted(SAMPLES.glob("*.html")) * REPEATED:
        yield Page(path.read_text("utf-8"), "en", {})
