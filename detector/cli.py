"""The command line: `detector analyze | strip | score | bulk`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path

import regex
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

import detector
from detector import files, formats
from detector.bulk import command as bulk
from detector.detection import DROPPABLE, Detector, with_drop
from detector.document import Document, Report, ScoredSegment, Span
from detector.errors import DetectorError, InputError
from detector.files import STDIN, opened
from detector.model import POINTS
from detector.stream import Rows, printable, scored

DONE, WRONG = 0, 2
#: Bad lines that are told one by one; the others are counted.
TOLD = 10
_COLOURS = {"notice": "bold yellow", "chrome": "cyan", "editorial": "", "unsure": "magenta"}
_INVISIBLE = regex.compile(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except DetectorError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # The reader has seen enough. Python would complain when it closes the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _complain("stopped; what was printed is complete.")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, with its help."""
    top = argparse.ArgumentParser(
        prog="detector", description="Tell the notices in an article from its story."
    )
    top.add_argument("--version", action="version", version=f"detector {detector.__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    analyze = _command(commands, "analyze", _analyze, "show each segment with label, score and kinds")
    _takes_files(analyze)
    analyze.add_argument("--json", action="store_true", help="print the whole report as JSON")
    analyze.add_argument(
        "--explain", action="store_true", help="show the words that weighed most (+ towards notice)"
    )

    strip = _command(commands, "strip", _strip, "print the article without its notices and chrome")
    _takes_files(strip)
    strip.add_argument(
        "--drop",
        type=_labels,
        default=DROPPABLE,
        metavar="LABELS",
        help="what to leave out: notice, chrome or both with a comma (default: notice,chrome)",
    )
    strip.add_argument(
        "--mark", action="store_true", help='keep what would be left out, as <notice kinds="…">…</notice>'
    )
    strip.add_argument(
        "--html", action="store_true", help="print a page as the page it was, without the elements left out"
    )

    score = _command(commands, "score", _score, "print P(notice) for each line of a stream")
    score.add_argument("file", nargs="?", default=STDIN, metavar="FILE", help="default: -, a pipe")
    score.add_argument("--jsonl", action="store_true", help="lines are JSON objects; adds a score to each")
    score.add_argument("--field", default="text", help="the field that holds the paragraph (text)")
    score.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes (default: 1)")
    bulk.add(commands, _jobs)
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    description: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=description, description=description.capitalize() + ".")
    command.set_defaults(run=run)
    command.add_argument("--model", metavar="PATH", help="another model file")
    return command


def _takes_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for a pipe")
    command.add_argument("--format", choices=formats.FORMATS, default="auto", help="default: auto")
    command.add_argument("--field", default="text", help="the field of JSON Lines with the text (text)")
    command.add_argument("--encoding", help="default: by byte order mark or what a page says, else UTF-8")
    command.add_argument(
        "--point",
        choices=POINTS,
        default="balanced",
        help="strict loses least of the story, eager finds most notices (default: balanced)",
    )


def _labels(value: str) -> tuple[str, ...]:
    labels = tuple(value.split(","))
    if not set(labels) <= set(DROPPABLE):
        raise argparse.ArgumentTypeError(f"{value!r} is not any of {', '.join(DROPPABLE)}")
    return labels


def _jobs(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 1024:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of processes, 1 to 1024")
    return int(value)


def _files(options: argparse.Namespace, show: Callable[[str, bytes, Detector], int]) -> int:
    """Show each file; one that cannot be read does not stop the others. Returns the exit code."""
    judge = Detector.load(options.model, options.point)
    code = DONE
    for name in options.files:
        try:
            code = max(code, show(name, files.read(name), judge))
        except DetectorError as error:
            code = _complain(str(error))
    return code


def _documents(
    name: str,
    data: bytes,
    options: argparse.Namespace,
    judge: Detector,
    show: Callable[[Document, Report], None],
) -> int:
    """Show the report of each document of a file. Returns the exit code."""
    code = DONE
    for document in formats.documents(data, name, options.format, options.field, options.encoding):
        try:
            show(document, _report(document, judge))
        except DetectorError as error:
            code = _complain(f"{document.source}: {error}")
    return code


def _report(document: Document, judge: Detector) -> Report:
    """The report on a document; a page without a text, and one that did not decode, are told."""
    report = judge.analyze(document)
    if document.format == "html":
        if not report.text:
            raise InputError(
                "no visible text: where scripts write the page, save it from a browser that has shown it."
            )
        if count := formats.lost(document.text):
            _complain(
                f"{document.source}: {count:,} bytes are not in the encoding of the page, and are read as "
                "�: name another, for example --encoding cp1252."
            )
    return report


def _analyze(options: argparse.Namespace) -> int:
    console = Console(highlight=False)

    def line(row: Text | str) -> None:
        if console.is_terminal:
            console.print(row, no_wrap=True, overflow="ellipsis", markup=False)
        else:
            print(printable(str(row)))

    def show(judge: Detector, document: Document, report: Report) -> None:
        if options.json:
            print(printable(json.dumps({"source": document.source} | report.to_dict(), ensure_ascii=False)))
            return
        tall = console.is_terminal and len(report.segments) + 2 > console.height
        for segments in _runs(report.segments) if tall else [report.segments]:
            hidden = len(segments) - 2 if tall and len(segments) > 3 else 0
            for segment in [segments[0], segments[-1]] if hidden else segments:
                line(_row(segment))
                if options.explain:
                    line(_why(segment.text, judge))
                for span in segment.spans:
                    line(_row(span))
                if hidden and segment is segments[0]:
                    line(Text(f"          … {hidden} more of story", style="dim"))
        line(Text(_summary(str(document.source), report), style="bold"))

    def one(name: str, data: bytes, judge: Detector) -> int:
        return _documents(name, data, options, judge, partial(show, judge))

    return _files(options, one)


def _runs(segments: Sequence[ScoredSegment]) -> list[list[ScoredSegment]]:
    """The segments with each run of untouched story together."""
    whole = (segment.label == "editorial" and not segment.spans for segment in segments)
    groups = groupby(zip(whole, segments, strict=True), key=lambda pair: pair[0])
    runs: list[list[ScoredSegment]] = []
    for story, pairs in groups:
        members = [segment for _, segment in pairs]
        runs += [members] if story else [[member] for member in members]
    return runs


def _row(part: ScoredSegment | Span) -> Text:
    if isinstance(part, Span):
        label, style, form = "notice", _COLOURS["notice"], "  span"
    else:
        label, style, form = part.label, _COLOURS[part.label], part.form
    row = Text(f"{label:<9} {part.score:5.1%}  {form:<10} ".replace("100.0%", " 100%"), style=style)
    if part.kinds:
        row.append(f"[{', '.join(part.kinds)}] ")
    # Longer than any terminal is wide, and a bound for a paragraph of megabytes.
    return row.append(_visible(part.text[:2000]))


def _why(text: str, judge: Detector) -> Text:
    words = (f"{_visible(w.text)} {w.weight:+.2f}" for w in judge.explain(text).top(8))
    return Text(" " * 18 + "because: " + ", ".join(words), style="dim")


def _visible(text: str) -> str:
    """Text that cannot move the cursor, colour the screen or turn the line around."""
    return str(_INVISIBLE.sub(" ", text))


def _summary(name: str, report: Report) -> str:
    count = Counter(segment.label for segment in report.segments)
    spans = sum(len(segment.spans) for segment in report.segments)
    kinds = list(dict.fromkeys(kind for notice in report.notices for kind in notice.kinds))
    characters = sum(notice.end - notice.start for notice in report.notices)
    parts = [
        f"{count['editorial']} editorial",
        f"{count['notice']} notice" + (f" + {spans} inside" if spans else ""),
        f"{count['chrome']} chrome",
    ]
    if count["unsure"]:
        parts.append(f"{count['unsure']} unsure (a language that the model does not know)")
    share = f"{characters:,} of {len(report.text):,} characters are notice"
    text = f"{_visible(name)}: {', '.join(parts)}; {share}" + (f" ({', '.join(kinds)})" if kinds else "")
    return text + ("; a legal page itself, kept whole" if report.legal_page else "")


def _strip(options: argparse.Namespace) -> int:
    def one(name: str, data: bytes, judge: Detector) -> int:
        if options.html:
            return _strip_page(name, data, options, judge)
        sort = formats.sort(data, name, options.format)
        if sort == "jsonl":
            return _strip_rows(name, data, options, judge)

        def show(document: Document, report: Report) -> None:
            text = _clean(document, report, options)
            sys.stdout.write(printable(f"# {document.source}\n\n{text}\n\n" if sort == "feed" else text))

        return _documents(name, data, options, judge, show)

    return _files(options, one)


def _strip_rows(name: str, data: bytes, options: argparse.Namespace, judge: Detector) -> int:
    """Each row with clean text; one that cannot be judged is told and left out."""
    code = DONE
    for row in formats.rows(data, name, options.field, options.encoding):
        document = Document(row.text, "auto", f"{name}:{row.number}")
        try:
            text = _clean(document, _report(document, judge), options)
        except DetectorError as error:
            code = _complain(f"{document.source}: {error}")
        else:
            print(printable(json.dumps(row.values | {options.field: text}, ensure_ascii=False)))
    return code


def _strip_page(name: str, data: bytes, options: argparse.Namespace, judge: Detector) -> int:
    """The page as it was, bytes and all, but for what is dropped."""
    if options.format not in ("auto", "html") or formats.sort(data, name, options.format) != "html":
        raise InputError(f"{name} is no page: leave --html out, or pass --format html if it is one.")
    (document,) = formats.documents(data, name, "html", encoding=options.encoding)
    report = with_drop(_report(document, judge), options.drop)
    _tell(document, report, options)
    from detector import removal  # needs lxml

    page = (removal.marked if options.mark else removal.stripped)(document.text, report)
    same = page == document.text
    sys.stdout.flush()
    sys.stdout.buffer.write(data if same else formats.encode(page, data, name, options.encoding, "html"))
    return DONE


def _clean(document: Document, report: Report, options: argparse.Namespace) -> str:
    report = with_drop(report, options.drop)
    _tell(document, report, options)
    return _marked(report) if options.mark else report.editorial_text


def _tell(document: Document, report: Report, options: argparse.Namespace) -> None:
    """What a user would not expect of the text that is printed."""
    name = document.source
    if report.legal_page:
        _complain(f"{name} is a legal page itself: kept whole.")
    elif unsure := sum(segment.label == "unsure" for segment in report.segments):
        _complain(f"{unsure} segments of {name} are in a language that the model does not know: kept.")
    elif not options.mark and report.segments and not report.editorial_text.strip():
        _complain(f"Nothing is left of {name}: all of it is notice or chrome (see `detector analyze`).")


def _marked(report: Report) -> str:
    """The text with what would be left out between tags."""
    parts, done = [], 0
    for part in report.dropped:
        label = "notice" if isinstance(part, Span) else part.label
        kinds = f' kinds="{" ".join(part.kinds)}"' if part.kinds else ""
        parts += [report.text[done : part.start], f"<{label}{kinds}>{part.text}</{label}>"]
        done = part.end
    return "".join(parts) + report.text[done:]


def _score(options: argparse.Namespace) -> int:
    rows = Rows(options.field if options.jsonl else None, options.model)
    Detector.load(options.model)  # a bad model file is told before the first line is read
    faults: list[str] = []
    read = bad = 0
    with opened(options.file) as file, _progress(options.file) as advance:
        for batch in scored(file, rows, options.jobs):
            sys.stdout.write(printable("\n".join(batch.lines)) + "\n")
            read, bad = read + batch.read, bad + len(batch.faults)
            faults += batch.faults[: TOLD - len(faults)]
            advance(batch.bytes)
    if not read:
        raise InputError(f"{options.file} holds nothing: pass a file with a paragraph a line.")
    for fault in faults:
        _complain(f"{options.file}, {fault}")
    return _complain(f"{bad:,} of {read:,} lines could not be scored; the others were.") if bad else DONE


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    """A progress bar of bytes on a terminal; nothing elsewhere."""
    if name == STDIN or not sys.stderr.isatty():
        yield lambda size: None
        return
    columns = (TextColumn("scoring"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=Path(name).stat().st_size)
        yield lambda size: bar.advance(task, size)


def _complain(message: str) -> int:
    print(f"detector: {printable(message)}", file=sys.stderr)
    return WRONG
