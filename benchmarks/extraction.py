"""What extractors leave of the notices in web pages, and what the detector takes out after them.

    pip install '.[html,trafilatura]' matplotlib justext readability-lxml resiliparse "newspaper4k[nlp]"
    python benchmarks/extraction.py PAGES...

PAGES are files of JSON Lines, plain or gzipped. A row with `html` is a page: `lang` is its language,
and `spans` hold character offsets `start` and `end` in `text`, its visible text, with a `label` ("notice",
"editorial" or another). What has no label is not counted.

Labelled text and extracted text are compared by their letters and digits alone, case folded. A
character counts as left when it lies in a shingle of 20 such characters of its labelled passage that
stands in the extracted text; a passage shorter than that counts when it stands there whole. An
editorial paragraph with a notice inside is several passages. Shares are of all characters of all
pages together; the interval beside holds 95 % of them when the pages are drawn again at random.
Speed is in CPU seconds of one thread, the best of three rounds over all pages. The table goes to
benchmarks/extraction.md, the picture to benchmarks/extraction.svg.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import justext  # noqa: E402
import lxml.html  # noqa: E402
import matplotlib  # noqa: E402
import newspaper  # noqa: E402
import numpy as np  # noqa: E402
import readability  # noqa: E402
import trafilatura  # noqa: E402
from matplotlib import pyplot  # noqa: E402
from resiliparse.extract.html2text import extract_plain_text  # noqa: E402

import detector  # noqa: E402
from detector.trafilatura import extract  # noqa: E402

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "disclaimer-detector", "font.size": 9}

SHINGLE = 20
ROUNDS = 3
DRAWS = 2000
STOPLISTS = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "pl": "Polish",
    "pt": "Portuguese",
}
BLOCKS = ("p", "div", "li", "tr", "br", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class Page:
    """A page, and the letters of its labelled passages by label."""

    html: str
    lang: str
    passages: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Contestant:
    """What makes a text of a page, and what makes the same text without its notices."""

    name: str
    before: Callable[[Page], str]
    after: Callable[[Page], str]


@dataclass(frozen=True)
class Row:
    """One line of the table: shares with their intervals, and pages a second, before and after.

    `length` is that of the text after, as a multiple of the labelled story.
    """

    name: str
    notice: tuple[tuple[float, float, float], ...]
    editorial: tuple[tuple[float, float, float], ...]
    length: float
    speed: tuple[float, ...]


def read(paths: Sequence[str]) -> Iterator[Page]:
    for path in paths:
        with (gzip.open if path.endswith(".gz") else Path.open)(Path(path), "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                if row.get("html"):
                    yield Page(row["html"], row["lang"], passages(row["text"], row["spans"]))


def passages(text: str, spans: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The letters of each run of characters with one label; a notice overrules what it stands in."""
    labels = np.full(len(text) + 1, "", dtype="U9")
    for span in sorted(spans, key=lambda span: span["label"] == "notice"):
        labels[span["start"] : span["end"]] = span["label"]
    places = {0, len(text)} | {place for span in spans for place in (span["start"], span["end"])}
    found: dict[str, list[str]] = {}
    for start, end in pairwise(sorted(places)):
        found.setdefault(str(labels[start]), []).append(letters(text[start:end]))
    return {label: tuple(filter(None, texts)) for label, texts in found.items()}


def letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def left(passage: str, extracted: str) -> int:
    """How many characters of a passage are left in an extracted text, both as letters."""
    size = min(SHINGLE, len(passage))
    end = count = 0
    for start in range(len(passage) - size + 1):
        if passage[start : start + size] in extracted:
            count += start + size - max(start, end)
            end = start + size
    return count


def trafilatura_text(page: Page) -> str:
    return trafilatura.extract(page.html) or ""


def justext_text(page: Page) -> str:
    words = justext.get_stoplist(STOPLISTS[page.lang])
    return "\n\n".join(p.text for p in justext.justext(page.html, words) if not p.is_boilerplate)


def readability_text(page: Page) -> str:
    tree = lxml.html.fromstring(readability.Document(page.html).summary())
    for block in tree.iter(*BLOCKS):
        block.text, block.tail = f"\n\n{block.text or ''}", f"\n\n{block.tail or ''}"
    return str(tree.text_content())


def resiliparse_text(page: Page) -> str:
    return str(extract_plain_text(page.html, main_content=True))


def newspaper_text(page: Page) -> str:
    article = newspaper.Article("https://news.example/", language=page.lang, fetch_images=False)
    article.download(input_html=page.html)  # downloads nothing
    article.parse()
    return str(article.text)


def stripped(before: Callable[[Page], str]) -> Callable[[Page], str]:
    return lambda page: detector.strip(before(page), format="text")


CONTESTANTS = (
    Contestant("trafilatura", trafilatura_text, lambda page: extract(page.html) or ""),
    Contestant("jusText", justext_text, stripped(justext_text)),
    Contestant("readability-lxml", readability_text, stripped(readability_text)),
    Contestant("resiliparse", resiliparse_text, stripped(resiliparse_text)),
    Contestant("newspaper4k", newspaper_text, stripped(newspaper_text)),
    Contestant(
        "none: the detector reads the page",
        lambda page: detector.analyze(page.html, format="html").text,
        lambda page: detector.strip(page.html, format="html"),
    ),
)


def measure(contestant: Contestant, pages: Sequence[Page]) -> Row:
    makers = (contestant.before, contestant.after)
    outputs = [[letters(maker(page)) for page in pages] for maker in makers]
    shares = {
        label: tuple(share([page.passages.get(label, ()) for page in pages], texts) for texts in outputs)
        for label in ("notice", "editorial")
    }
    length = sum(map(len, outputs[1])) / letter_count(pages, "editorial")
    speed = tuple(len(pages) / best(maker, pages) for maker in makers)
    return Row(contestant.name, shares["notice"], shares["editorial"], length, speed)


def letter_count(pages: Sequence[Page], label: str) -> int:
    return sum(len(passage) for page in pages for passage in page.passages.get(label, ()))


def share(labelled: Sequence[Sequence[str]], extracted: Sequence[str]) -> tuple[float, float, float]:
    """The share of the labelled characters that is left, and its 95 % interval over pages."""
    pairs = zip(labelled, extracted, strict=True)
    kept = np.array([sum(left(passage, text) for passage in page) for page, text in pairs])
    sizes = np.array([sum(map(len, page)) for page in labelled])
    drawn = np.random.default_rng(1).integers(len(sizes), size=(DRAWS, len(sizes)))
    low, high = np.quantile(kept[drawn].sum(1) / sizes[drawn].sum(1), [0.025, 0.975])
    return float(kept.sum() / sizes.sum()), float(low), float(high)


def best(maker: Callable[[Page], str], pages: Sequence[Page]) -> float:
    """The least CPU seconds of several rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for page in pages:
            maker(page)
        times.append(time.process_time() - start)
    return min(times)


def table(rows: Sequence[Row]) -> str:
    titles = ["extractor", "notices left", "and the detector", "story kept", "and the detector", "length"]
    cells = [[*titles, "pages/s", "and the detector"], ["---"] * (len(titles) + 2)]
    for row in rows:
        shares = [f"{100 * a:.1f} % ({100 * b:.0f}–{100 * c:.0f})" for a, b, c in row.notice + row.editorial]
        cells.append([row.name, *shares, f"{row.length:.1f} ×", *(f"{speed:,.0f}" for speed in row.speed)])
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def picture(path: Path, rows: Sequence[Row]) -> None:
    """Shares of notices left and of story kept, before and after, with their intervals."""
    figure, panels = pyplot.subplots(1, 2, figsize=(8, 3), sharey=True)
    places = np.arange(len(rows))
    for axes, title, shares in (
        (panels[0], "notices left, %", [row.notice for row in rows]),
        (panels[1], "story kept, %", [row.editorial for row in rows]),
    ):
        for i, (color, name) in enumerate((("#999999", "extracted"), ("#2166ac", "and the detector"))):
            middle, low, high = 100 * np.array([share[i] for share in shares]).T
            error = [middle - low, high - middle]
            axes.barh(
                places + 0.4 * i - 0.2, middle, 0.4, xerr=error, color=color, label=name, ecolor="#555555"
            )
        axes.set(title=title, xlim=(0, 100))
    panels[0].set_yticks(places, [row.name for row in rows])
    panels[0].invert_yaxis()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=2, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, metadata={"Date": None, "Creator": None})


HEAD = """# After an extractor

What extractors leave of the notices that people labelled in web pages, and what is left once the detector has
gone over their text; how much of the story each keeps; how long the text then is, as a multiple of the story
(the rest is comments, teasers, menus and what else nobody labelled); and pages a second. How it is measured
stands in [extraction.py](extraction.py). Intervals hold 95 % of the shares when the pages are drawn again.
Speeds are of one core; their ratios carry over to other machines.

The detector is no extractor. Where it reads a page by itself it keeps every word that is neither notice nor
chrome to it: take it so to clean a page or to find its notices, and after an extractor to get the article.

![Shares of notices left and of story kept](extraction.svg)

"""


def main(paths: Sequence[str]) -> None:
    pages = list(read(paths))
    if not pages:
        sys.exit("No pages: name files of JSON Lines whose rows have `html`, `lang`, `text` and `spans`.")
    rows = [measure(contestant, pages) for contestant in CONTESTANTS]
    note = (
        f"{len(pages)} pages in {len({page.lang for page in pages})} languages, "
        f"{sum(len(page.html) for page in pages) / len(pages):,.0f} characters of HTML each; labelled are "
        f"{letter_count(pages, 'notice'):,} letters and digits of notices and "
        f"{letter_count(pages, 'editorial'):,} of stories."
    )
    print(table(rows))
    (ROOT / "benchmarks" / "extraction.md").write_text(f"{HEAD}{note}\n\n{table(rows)}\n", "utf-8")
    picture(ROOT / "benchmarks" / "extraction.svg", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
