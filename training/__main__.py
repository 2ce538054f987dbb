"""`python -m training check | datasheet | fit | learn | publish | evaluate | experiment | gate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from detector.detection import Detector
from detector.errors import DetectorError
from detector.model import SHIPPED
from training import (
    baselines,
    card,
    corpus,
    datasheet,
    experiments,
    gate,
    metrics,
    publishing,
    rules,
    verdicts,
)
from training.evaluation import as_system, beside, held_out, outside
from training.fitting import fit, held_out_notices
from training.sets import as_row, read_sets
from training.splits import folds

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "notices.safetensors"
LEARNED = ROOT / "build" / "learned.safetensors"
#: Texts of ours that the corpus must not repeat, or tests would test what was learned.
OWN_TEXTS = ("tests/cases/*.jsonl", "samples/*")
#: What the gate holds of the paragraphs from outside.
OUTSIDE = ("average_precision", "recall_at_0.01", "recall_at_0.001", "recall")
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

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        return made

    check = command("check", _check, "check the corpus; name file, line and remedy")
    _takes_sets(check, "--against", "labelled text from outside that no line may repeat")
    command("datasheet", _datasheet, "write training/DATASHEET.md from the corpus")
    fitted = command("fit", _fit, f"fit and cross-validate; writes {BUILD.relative_to(ROOT)}")
    fitted.set_defaults(target=BUILD)
    learn = command("learn", _learn, "fit a model to the corpus and to verdicts of people")
    learn.add_argument(
        "verdicts", type=Path, metavar="FILE", help="what `python -m web export --jsonl` wrote"
    )
    learn.add_argument("--out", type=Path, default=LEARNED, help=f"{LEARNED.relative_to(ROOT)}")
    learn.add_argument("--lines", type=Path, metavar="FOLDER", help="write them as a corpus, and fit nothing")
    publish = command("publish", _fit, "fit, put the model into the package, write its card and datasheet")
    publish.set_defaults(target=SHIPPED)
    evaluate = command(
        "evaluate",
        _evaluate,
        "measure a model on labelled text from outside, or on held-out families",
    )
    _takes_sets(evaluate, "--set", "JSON Lines files or folders of them; see training/RUBRIC.md")
    evaluate.add_argument("--model", type=Path, default=SHIPPED, help="default: the shipped one")
    evaluate.add_argument("--beside", action="store_true", help="train the baselines and measure them too")
    evaluate.add_argument("--record", action="store_true", help="put the figures into MODEL_CARD.md")
    experiment = command("experiment", _experiment, "try other settings; prints a Markdown table")
    experiment.add_argument("name", choices=experiments.EXPERIMENTS, help="what to try")
    _takes_sets(experiment, "--set", "as for evaluate", required=True)
    held = command("gate", _gate, "fail where a measure fell below its pin or the corpus changed")
    _takes_sets(held, "--set", "measure the pins of text from outside too")
    held.add_argument("--pin", action="store_true", help="lift the pins to what is measured; lowers none")
    for one in (fitted, learn, publish, evaluate, held):
        one.add_argument("--jobs", type=int, default=2, help="fits at a time (2)")
    return top


def _takes_sets(command: argparse.ArgumentParser, name: str, about: str, required: bool = False) -> None:
    command.add_argument(
        name, nargs="+", type=Path, required=required, default=[], metavar="FILE", help=about
    )


def _check(options: argparse.Namespace) -> int:
    examples = corpus.read()
    foreign = _own_texts()
    rows, articles = read_sets(options.against)
    foreign += [("the measuring set", row.text) for row in rows]
    foreign += [
        ("an article of the measuring set", article.text[start:end])
        for article in articles
        for start, end, label, _ in article.spans
        if label != "editorial" or end - start > rules.SHARED
    ]
    faults = list(rules.problems(examples, foreign))
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
        texts += [(str(path.relative_to(ROOT)), line) for line in lines if len(line) > rules.SHARED]
    return texts


def _fit(options: argparse.Namespace) -> int:
    result = fit(corpus.read(), jobs=options.jobs)
    measures = held_out(result)
    publishing.write(result, options.target, measures)
    _CONSOLE.print(_table("held-out families", measures["all"]))
    size = options.target.stat().st_size / 1e6
    print(f"Wrote {options.target.relative_to(ROOT)} ({size:.1f} MB, {result.model.name}).")
    if options.target == SHIPPED:
        card.write(Detector.load().model)
        datasheet.write(corpus.read())
    return 0


def _learn(options: argparse.Namespace) -> int:
    own = corpus.read()
    found = verdicts.read(options.verdicts, own, _own_texts())
    for fault in found.faults:
        print(f"left out, {fault}")
    print(f"{len(found.examples):,} verdicts, {len(found.faults):,} left out.")
    if not found.examples:
        raise corpus.CorpusError(f"{options.verdicts} has nothing to learn from: decide more, then export.")
    if options.lines:
        for path in verdicts.write(found.examples, options.lines):
            print(f"Wrote {path}.")
        return 0
    result = fit([*own, *found.examples], jobs=options.jobs)
    measures = held_out(result)
    publishing.write(result, options.out, measures)
    _CONSOLE.print(_table("held-out families", measures["all"]))
    print(f"Wrote {options.out} ({result.model.name}).")
    return 0


def _datasheet(options: argparse.Namespace) -> int:
    datasheet.write(corpus.read())
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    if not options.set:
        return _cross_validate(options)
    judge = Detector.load(options.model)
    rows, articles = read_sets(options.set)
    measures = outside(judge, rows, articles)
    if options.beside:
        systems = chain([as_system(judge)], baselines.lists(), baselines.learners(corpus.read()))
        measures["beside"] = beside(systems, judge.model.languages, rows, articles)
    _show(measures)
    if options.record:
        card.record(judge.model, measures)
    return 0


def _cross_validate(options: argparse.Namespace) -> int:
    """Measure on the corpus itself; the baselines learn four folds and are measured on the fifth."""
    examples = corpus.read()
    measures = held_out(fit(examples, jobs=options.jobs))
    del measures["reliability"]
    if options.beside:
        out = folds(examples) == 0
        kept = [e for e, is_out in zip(examples, out, strict=True) if not is_out]
        rows = [as_row(e) for e, is_out in zip(examples, out, strict=True) if is_out]
        own = as_system(Detector(fit(kept, jobs=options.jobs).model))
        systems = chain([own], baselines.lists(), baselines.learners(kept))
        measures["beside"] = beside(systems, corpus.languages(examples), rows, [])
    _show(measures)
    return 0


def _show(measures: Mapping[str, Any]) -> None:
    """Print measures: a table of rows for each group of rows, of values for each group of values."""
    for name, values in measures.items():
        grouped = isinstance(next(iter(values.values()), None), Mapping)
        _CONSOLE.print(_rows(name, values) if grouped else _table(name, values))


def _gate(options: argparse.Namespace) -> int:
    examples, judge = corpus.read(), Detector.load()
    found = corpus.fingerprint(examples)
    measured = _measured(examples, judge, options)
    pins = gate.read()
    if options.pin:
        pins = gate.pinned(pins, found, measured)
        gate.write(pins)
    faults = list(gate.faults(pins, found, judge.model.header["corpus"], measured))
    _CONSOLE.print(_table("gate", measured))
    for fault in faults:
        print(fault)
    print(f"{len(measured)} measures, {len(faults)} faults.")
    return 1 if faults else 0


def _measured(
    examples: Sequence[corpus.Example], judge: Detector, options: argparse.Namespace
) -> dict[str, float]:
    """What the gate holds: taken anew where that is quick, from the model's header where it is not."""
    limits = judge.limits.notice
    score = held_out_notices(examples, jobs=options.jobs)
    truth = np.array([example.label == "notice" for example in examples])
    measured = {
        "held_out.average_precision": metrics.average_precision(truth, score),
        "held_out.calibration_error": metrics.calibration_error(truth, score),
        "held_out.recall": float((score >= limits)[truth].mean()),
    }
    header = judge.model.header["metrics"]["all"]
    measured |= {f"header.{name}": header[name] for name in ("kinds_f1", "chrome_average_precision")}
    for path in sorted((ROOT / "tests" / "cases").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if "label" in rows[0]:
            scores = judge.score([row["text"] for row in rows])
            right = (scores >= limits) == np.array([row["label"] == "notice" for row in rows])
            measured[f"cases.{path.stem}"] = float(right.mean())
    if options.set:
        taken = outside(judge, *read_sets(options.set))
        measured |= {f"outside.{name}": taken["all"][name] for name in OUTSIDE}
        measured |= {f"outside.{n}_called": p["called"] / p["of"] for n, p in taken["parts"].items()}
        measured["outside.kinds_f1"] = taken["kinds"]["micro_f1"]
        measured |= {
            f"outside.articles.{n}": taken["articles"][n] for n in ("f1", "recall", "editorial_lost")
        }
    return measured


def _experiment(options: argparse.Namespace) -> int:
    rows, articles = read_sets(options.set)
    names = ["AP", *(f"recall at {rate:g}" for rate in experiments.RATES)]
    print(f"| {options.name} |" + "".join(f" held out: {name} |" for name in names), end="")
    print("".join(f" outside: {name} |" for name in names) + "\n" + "|---" * 7 + "|")
    for outcome in experiments.run(options.name, corpus.read(), rows, articles):
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
