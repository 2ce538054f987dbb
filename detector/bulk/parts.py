"""From the rows of a source to one part of the output: rows in, the same rows with verdicts out."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import IO, Any, NamedTuple

from detector import formats, rows
from detector.bulk.lines import PLAIN, Fault, Fields, spliced, text_of, verdict, with_text
from detector.bulk.sources import BATCH_BYTES, LONGEST, PAGES
from detector.detection import Detector
from detector.document import Document, Report, ScoredSegment
from detector.errors import DetectorError, InputError
from detector.files import opened, read
from detector.rows import Verdicts
from detector.stream import printable

#: Bad rows that are kept by place for each part; the others are counted.
KEPT_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are judged. `column` holds the text; `prefix` stands before the names of what is added.

    With `strip` the column is left with the editorial text, and what was dropped is written aside.
    """

    column: str = "text"
    format: str = "auto"
    point: str = "balanced"
    prefix: str = ""
    strip: bool = False
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What is told of a part. `lines` counts blank lines too; `labels` has the rows of each label.

    `faults` are the first of the `bad` rows, each with its index from 0 among the lines or rows.
    """

    lines: int = 0
    rows: int = 0
    bad: int = 0
    notices: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[tuple[int, str], ...] = ()

    def __add__(self, other: Tally) -> Tally:
        """Both, one behind the other."""
        moved = tuple((self.lines + i, why) for i, why in other.faults)
        return Tally(
            self.lines + other.lines,
            self.rows + other.rows,
            self.bad + other.bad,
            self.notices + other.notices,
            dict(sorted((Counter(self.labels) + Counter(other.labels)).items())),
            (self.faults + moved)[:KEPT_FAULTS],
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"faults": [{"index": index, "why": why} for index, why in self.faults]}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Tally:
        """What `to_dict` gave, among other things."""
        faults = tuple((fault["index"], fault["why"]) for fault in value["faults"])
        names = ("lines", "rows", "bad", "notices", "labels")
        return cls(**{name: value[name] for name in names}, faults=faults)


def tally(verdicts: Verdicts, faults: Mapping[int, str], count: int, lines: int) -> Tally:
    """What is told of a batch of `count` rows on `lines` lines, of which `faults` are bad."""
    reports = verdicts.reports.values()
    labels = Counter[str](rows.label(report) for report in reports)
    labels["editorial"] += count - len(faults) - len(reports)
    notices = sum(len(report.notices) for report in reports)
    first = tuple(sorted(faults.items())[:KEPT_FAULTS])
    return Tally(lines, count, len(faults), notices, labels, first)


@dataclass(frozen=True, slots=True)
class Judge:
    """A detector with the options of a run, for batches of rows."""

    detector: Detector
    options: Options

    @classmethod
    def load(cls, options: Options) -> Judge:
        """Raises `ModelError` for a bad model, `DetectorError` where the format needs what is not there."""
        judge = cls(Detector.load(options.model, options.point), options)
        judge.detector.analyze("It rained.", options.format)
        return judge

    def texts(self, texts: Sequence[str], format: str) -> Verdicts:
        """The verdicts on texts; in strip mode with a report for each text that strip changes."""
        verdicts = rows.judge(self.detector, texts, format)
        if not self.options.strip:
            return verdicts
        pages = {row: text for row, text in enumerate(texts) if is_page(text, format)}
        return self.with_pages(verdicts, pages, format)

    def with_pages(self, verdicts: Verdicts, pages: Mapping[int, str], format: str) -> Verdicts:
        """With reports on pages without notices, too: of them strip leaves the text and no markup."""
        more = {
            row: self.detector.analyze(Document(page, format))  # type: ignore[arg-type]
            for row, page in pages.items()
            if row not in verdicts.reports and row not in verdicts.faults
        }
        return replace(verdicts, reports={**verdicts.reports, **more})


def is_page(text: str, format: str) -> bool:
    """Whether a text may be HTML."""
    return format == "html" or text[:4096].replace("\ufeff", " ").lstrip().startswith("<")


@dataclass(frozen=True, slots=True)
class Part:
    """Where a part is written: its file, and in strip mode the file for what is dropped from it."""

    file: IO[bytes]
    dropped: IO[bytes] | None = None

    def drop(self, index: int, report: Report) -> None:
        """Write aside what the row at `index` loses."""
        if self.dropped is None:
            return
        for piece in report.dropped:
            entry = {
                "row": index,
                "start": piece.start,
                "end": piece.end,
                "label": piece.label if isinstance(piece, ScoredSegment) else "notice",
                "kinds": piece.kinds,
                "score": piece.score,
                "text": piece.text,
            }
            self.dropped.write(_json_line(entry))


def _json_line(value: Any) -> bytes:
    return printable(json.dumps(value, ensure_ascii=False)).encode() + b"\n"


class Rows(NamedTuple):
    """Lines; of each its text, why it has none, or None where it is no row; and the format of the texts."""

    lines: Sequence[bytes]
    texts: Sequence[str | Fault | None]
    format: str


def line_rows(batches: Iterable[list[bytes]], options: Options) -> Iterator[Rows]:
    """The rows of JSON Lines."""
    added = Fields(options.prefix, "").names()
    for batch in batches:
        yield Rows(batch, [text_of(line, options.column, added) for line in batch], options.format)


def article_rows(files: Iterable[str], options: Options) -> Iterator[Rows]:
    """One row a file, with `path` and the text; only neighbours of one format come together."""
    articles = (_article(name, options.format) for name in files)
    for format, some in groupby(articles, lambda article: article.format):
        lines: list[bytes] = []
        texts: list[str | Fault] = []
        held = 0
        for article in some:
            text = None if isinstance(article.text, Fault) else article.text
            lines.append(_json_line({"path": article.path, options.column: text}))
            texts.append(article.text)
            held += len(lines[-1])
            if held >= BATCH_BYTES:
                yield Rows(lines, texts, format)
                lines, texts, held = [], [], 0
        yield Rows(lines, texts, format)


class Article(NamedTuple):
    """A file with its text, or why it has none."""

    path: str
    text: str | Fault
    format: str


def _article(name: str, format: str) -> Article:
    try:
        with opened(name) as file:
            if os.fstat(file.fileno()).st_size > LONGEST:
                raise InputError(f"{name} is longer than {LONGEST >> 20} MB: cut it.")
        data = read(name)
        kind = (
            "html" if format == "auto" and name.lower().endswith(PAGES) else formats.sort(data, name, format)
        )
        if kind == "feed":
            raise InputError(f"{name} is a feed: name its articles by themselves.")
        (document,) = formats.documents(data, name, kind)
        return Article(name, document.text, kind)
    except DetectorError as error:
        return Article(name, Fault(str(error)), format)


def write_lines(batches: Iterable[Rows], judge: Judge, part: Part) -> Iterator[Tally]:
    """Write lines with their verdicts; what is told of each batch."""
    done = 0
    for batch in batches:
        yield _write(batch, judge, part, done)
        done += len(batch.lines)


def _write(batch: Rows, judge: Judge, part: Part, first: int) -> Tally:
    """Write lines of which the first has the index `first` in the part; a bad one stays as it is."""
    at = [i for i, text in enumerate(batch.texts) if isinstance(text, str)]
    texts = [text for text in batch.texts if isinstance(text, str)]
    faults = {i: text.why for i, text in enumerate(batch.texts) if isinstance(text, Fault)}
    count = len(at) + len(faults)
    verdicts = judge.texts(texts, batch.format)
    faults |= {at[row]: why for row, why in verdicts.faults.items()}
    fields = Fields(judge.options.prefix, judge.detector.model.name).pattern()
    out = list(batch.lines)
    for row, (i, score) in enumerate(zip(at, verdicts.scores.tolist(), strict=True)):
        if report := verdicts.reports.get(row):
            line = _stripped(out[i], texts[row], report, judge.options)
            out[i] = spliced(line, fields % (score, *verdict(report)))
            part.drop(first + i, report)
        elif i not in faults:
            out[i] = spliced(out[i], fields % (score, *PLAIN))
    part.file.write(b"".join(out))
    return tally(verdicts, faults, count, len(out))


def _stripped(line: bytes, text: str, report: Report, options: Options) -> bytes:
    if not options.strip or (story := report.editorial_text) == text:
        return line
    return with_text(line, options.column, story)
