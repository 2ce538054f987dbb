"""`python -m training check | fit | evaluate | publish`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from detector.detection import Detector
from detector.errors import DetectorError
from detector.model import SHIPPED
from training import card, corpus, experiments, publishing
from training.evaluation import held_out, outside, read_sets
from training.fitting import fit

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "notices.safetensors"
#: Texts of ours that the corpus must not repeat, or tests would test what was learned.
OWN_TEXTS = ("tests/cases/*.jsonl", "samples/*")
_CONSOLE = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a training command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except (corpus.CorpusError, DetectorError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="check the corpus; name file, line and remedy")
    check.set_defaults(run=_check)
    check.add_argument(
        "--against",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="labelled text from outside that no line may repeat",
    )
    fitted = commands.add_parser("fit", help=f"fit and cross-validate; writes {BUILD.relative_to(ROOT)}")
    fitted.set_defaults(run=_fit, target=BUILD)
    publish = commands.add_parser("publish", help="fit, put the model into the package, write its card")
    publish.set_defaults(run=_fit, target=SHIPPED)
    for command in (fitted, publish):
        command.add_argument("--jobs", type=int, default=2, help="fits at a time (2)")
    evaluate = commands.add_parser("evaluate", help="measure a model on labelled text from outside")
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument(
        "--set",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="JSON Lines files or folders of them; see training/RUBRIC.md",
    )
    evaluate.add_argument("--model", type=Path, default=SHIPPED, help="default: the shipped one")
    experiment = commands.add_parser("experiment", help="try other settings; prints a Markdown table")
    experiment.set_defaults(run=_experiment)
    experiment.add_argument("--set", nargs="+", type=Path, required=True, metavar="FILE", help="as above")
    evaluate.add_argument("--record", action="store_true", help="put the figures into MODEL_CARD.md")
    return top


def _check(options: argparse.Namespace) -> int:
    examples = corpus.read()
    foreign = _own_texts()
    rows, articles = read_sets(options.against)
    foreign += [("the measuring set", row.text) for row in rows]
    foreign += [
        ("an article of the measuring set", article.text[start:end])
        for article in articles
        for start, end, label, _ in article.spans
        if label != "editorial" or end - start > corpus.SHARED
    ]
    faults = list(corpus.problems(examples, foreign))
    for fault in faults:
        print(fault)
    table = Table("language", "families", *corpus.LABELS, "hard", box=None)
    for language in [*corpus.languages(examples), corpus.NO_LANGUAGE]:
        own = [example for example in examples if example.language == language]
        count = Counter(example.label for example in own)
        cells = [len({e.family for e in own}), *(count[label] for label in corpus.LABELS)]
        table.add_row(language, *map(str, cells), str(sum(e.hard for e in own)))
    _CONSOLE.print(table)
    print(f"{len(examples):,} lines, {len(faults)} faults.")
    return 1 if faults else 0


def _own_texts() -> list[tuple[str, str]]:
    texts = []
    for path in (p for pattern in OWN_TEXTS for p in sorted(ROOT.glob(pattern))):
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.suffix == ".jsonl":
            lines = [json.loads(line)["text"] for line in lines]
        texts += [(str(path.relative_to(ROOT)), line) for line in lines if len(line) > corpus.SHARED]
    return texts


def _fit(options: argparse.Namespace) -> int:
    result = fit(corpus.read(), jobs=options.jobs)
    measures = held_out(result)
    publishing.write(result, options.target, measures)
    _CONSOLE.print(_table("held-out families", measures))
    size = options.target.stat().st_size / 1e6
    print(f"Wrote {options.target.relative_to(ROOT)} ({size:.1f} MB, {result.model.name}).")
    if options.target == SHIPPED:
        card.write(Detector.load().model)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    judge = Detector.load(options.model)
    rows, articles = read_sets(options.set)
    measures = outside(judge, rows, articles)
    for name in ("all", "articles"):
        _CONSOLE.print(_table(name, measures[name]))
    _CONSOLE.print(_rows("language", measures["languages"]))
    _CONSOLE.print(_rows("false positives by part", measures["parts"]))
    _CONSOLE.print(_table("F1 of kinds", measures["kinds"]))
    if options.record:
        card.record(judge.model, measures)
    return 0


def _experiment(options: argparse.Namespace) -> int:
    rows, articles = read_sets(options.set)
    names = ["AP", *(f"recall at {rate:g}" for rate in experiments.RATES)]
    print("| setting |" + "".join(f" held out: {name} |" for name in names), end="")
    print("".join(f" outside: {name} |" for name in names) + "\n" + "|---" * 7 + "|")
    for outcome in experiments.run(corpus.read(), rows, articles):
        cells = map(card.number, (*outcome.held_out, *outcome.outside))
        print(f"| {outcome.name} | {' | '.join(cells)} |", flush=True)
    return 0


def _table(title: str, values: dict[str, Any]) -> Table:
    table = Table(title, "", box=None)
    for name, value in values.items():
        table.add_row(name.replace("_", " "), card.number(value))
    return table


def _rows(title: str, rows: dict[str, dict[str, Any]]) -> Table:
    columns = list(next(iter(rows.values()), {}))
    table = Table(title, *(column.replace("_", " ") for column in columns), box=None)
    for name, values in rows.items():
        table.add_row(name, *(card.number(values[column]) for column in columns))
    return table


if __name__ == "__main__":
    sys.exit(main())
