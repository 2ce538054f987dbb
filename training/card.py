"""MODEL_CARD.md: what the shipped model is and what was measured of it, written from its own header."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.model import Model

ROOT = Path(__file__).parent.parent
CARD = ROOT / "MODEL_CARD.md"
#: Figures on text from outside, which is not part of the project; kept with the model they belong to.
RECORD = Path(__file__).parent / "measurements.json"


def record(model: Model, measures: Mapping[str, Any]) -> None:
    """Keep measures on text from outside, and write them into the card."""
    kept = {"model": model.name, "measures": measures}
    RECORD.write_text(json.dumps(_finite(kept), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write(model)


def write(model: Model) -> None:
    """Write the card of a model, with the recorded figures where they are of this very model."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    measures = recorded["measures"] if recorded.get("model") == model.name else None
    CARD.write_text(text(model, measures), encoding="utf-8")


def text(model: Model, measures: Mapping[str, Any] | None) -> str:
    """The card as Markdown."""
    header, limits = model.header, model.thresholds
    parts = [
        "# Model card",
        "Written by `python -m training publish` and `python -m training evaluate --record`; "
        "do not edit by hand.",
        f"Model `{model.name}`, languages: {', '.join(model.languages)}.",
        "## What it does",
        "Gives the probability that a paragraph is a notice (a disclaimer, risk warning, disclosure, "
        "rights line or consent text), the probability that it is page furniture, and the kinds of a "
        "notice. Linear weights of hashed n-grams, rounded to 8 bits; logistic regression, calibrated "
        "on held-out families. Labels follow [training/RUBRIC.md](training/RUBRIC.md).",
        f"N-grams: windows of {' and '.join(str(a) for a, _ in model.recipe.windows)} symbols "
        f"({' and '.join(str(b) for _, b in model.recipe.windows)} in scripts of many signs) and runs "
        f"of up to {model.recipe.words} words, in {1 << model.recipe.bits:,} buckets.",
        f"Thresholds: notice {limits.notice:g}, chrome {limits.chrome:g}, sentence inside a story "
        f"{limits.span:g}, kind {limits.kind:g}.",
        "## What it learned from",
        "Text written for this project alone; companies, people and sites in it are invented. "
        f"Corpus fingerprint `{header['corpus'][:16]}`.",
        _table(
            ["language", "families", "notices", "editorial", "of it hard", "chrome"],
            [[language, *counts] for language, counts in sorted(header["counts"].items())],
        ),
        "## On families held out",
        "The corpus is made to be hard: a third of its stories are *about* notices, and its share of "
        "notices is far above that of any site.",
        _table(["measure", "value"], [[_name(k), number(v)] for k, v in header["metrics"].items()]),
        "## On real text",
        "Published paragraphs and articles from other people's sites and projects, labelled by hand "
        "and never trained on; they are not part of this project.",
        *(_measures(measures) if measures else ["Not measured on this model yet."]),
        "## Limits",
        "Other languages than those above are scored, but not known: treat their scores as a guess. "
        "Very short notices (a bare ©, one word) carry little evidence. A quotation of a notice inside "
        "a story can be taken for one. The probability belongs to text as mixed as the corpus; where "
        "notices are rarer, the same probability means fewer of them.",
    ]
    return "\n\n".join(parts) + "\n"


def _measures(measures: Mapping[str, Any]) -> list[str]:
    languages = measures["languages"]
    columns = list(measures["all"])
    rows = [[name, *(number(values[c]) for c in columns)] for name, values in languages.items()]
    rows.append(["all", *(number(measures["all"][c]) for c in columns)])
    parts = [
        [name, f"{p['called']} of {p['of']}", f"{p['low']:.2%} to {p['high']:.2%}"]
        for name, p in measures["parts"].items()
    ]
    return [
        "Paragraphs, by language (recall and false positives at the threshold for notices):",
        _table(["language", *map(_name, columns)], rows),
        "Paragraphs that are no notices but were called so, by part, with Wilson intervals (95 %):",
        _table(["part", "called notice", "interval"], parts),
        "Whole articles, by character and by notice:",
        _table(["measure", "value"], [[_name(k), number(v)] for k, v in measures["articles"].items()]),
        "F1 of the kinds of known notices:",
        _table(["kind", "F1"], [[_name(k), number(v)] for k, v in measures["kinds"].items()]),
    ]


def number(value: float | None) -> str:
    """A figure as the tables show it: counts whole, shares with three digits, "–" for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _name(key: str) -> str:
    return key.replace("_", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _finite(value: Any) -> Any:
    """The same values, with null for what is not a number: JSON has no NaN. Floats are rounded."""
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return int(value) if hasattr(value, "dtype") else value
