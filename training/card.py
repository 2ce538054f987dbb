"""MODEL_CARD.md: what the shipped model is and what was measured of it, written from its own header."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.model import POINTS, Model
from training import chart, metrics

ROOT = Path(__file__).parent.parent
CARD = ROOT / "MODEL_CARD.md"
PICTURES = ROOT / "docs" / "pictures"
#: Figures on text from outside, which is not part of the project; kept with the model they belong to.
RECORD = Path(__file__).parent / "measurements.json"


def record(model: Model, measures: Mapping[str, Any]) -> None:
    """Keep measures on text from outside, and write them into the card."""
    kept = {"model": model.name, "measures": measures}
    RECORD.write_text(json.dumps(finite(kept), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write(model)


def recorded(model: Model) -> Mapping[str, Any] | None:
    """The kept measures on text from outside, where they are of this very model."""
    kept = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return kept["measures"] if kept.get("model") == model.name else None


def write(model: Model) -> None:
    """Write the card of a model and its pictures."""
    measures, own = recorded(model), model.header["metrics"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    chart.reliability(PICTURES / "reliability.svg", own["reliability"])
    chart.languages(PICTURES / "held-out.svg", own["languages"])
    if measures:
        chart.languages(PICTURES / "outside.svg", measures["languages"])
    CARD.write_text(text(model, measures), encoding="utf-8")


def text(model: Model, measures: Mapping[str, Any] | None) -> str:
    """The card as Markdown."""
    header, own = model.header, model.header["metrics"]
    parts = [
        "# Model card",
        "Written by `python -m training publish` and `python -m training evaluate --record`; "
        "do not edit by hand.",
        f"Model `{model.name}`, languages: {', '.join(model.languages)}.",
        "## What it does",
        "Gives the probability that a paragraph is a notice (a disclaimer, risk warning, disclosure, "
        "rights line or consent text), the probability that it is page furniture, and the kinds of a "
        "notice. Linear weights of hashed n-grams, rounded to 8 bits; logistic regression, calibrated "
        "on held-out families. Labels follow [training/RUBRIC.md](training/RUBRIC.md). A text in none "
        "of the languages above is called unsure and kept.",
        f"N-grams: windows of {' and '.join(str(a) for a, _ in model.recipe.windows)} symbols "
        f"({' and '.join(str(b) for _, b in model.recipe.windows)} in scripts of many signs) and runs "
        f"of up to {model.recipe.words} words, in {1 << model.recipe.bits:,} buckets.",
        "It learned from the text of [training/corpus](training/corpus), which has "
        f"[a datasheet](training/DATASHEET.md). Corpus fingerprint `{header['corpus'][:16]}`.",
        "## Operating points",
        "The probability from which a segment is a notice, a sentence inside a story is one, and a "
        "segment is chrome; and the share of held-out examples of each sort that are then called notice, "
        "with Wilson intervals (95 %).",
        _table(
            ["point", "notice", "inside", "chrome", "plain stories", "hard stories", "furniture", "notices"],
            [_point(name, model) for name in POINTS],
        ),
        f"A kind is given from a probability of {model.points['balanced'].kind:g} on.",
        "## On families held out",
        "The corpus is made to be hard: a third of its stories are *about* notices, and its share of "
        "notices is far above that of any site. Verdicts are those of `balanced`.",
        _table(["measure", "value"], [[_name(k), number(v)] for k, v in own["all"].items()]),
        "![Recall and false positives by language](docs/pictures/held-out.svg)",
        "![Reliability](docs/pictures/reliability.svg)",
        "By language:",
        _measures_table(own["languages"]),
        "By domain:",
        _measures_table(own["domains"]),
        "By kind:",
        _measures_table(own["kinds"]),
        "## On real text",
        "Published paragraphs and articles from other people's sites and projects, labelled by hand "
        "and never trained on; they are not part of this project. Translations of one wording count as "
        "one in recall and precision over all.",
        *(_outside(measures) if measures else ["Not measured on this model yet."]),
        "## Limits",
        "Very short notices (a bare ©, one word) carry little evidence. A quotation of a notice inside "
        "a story can be taken for one. A language close to one that the model knows may pass for it. "
        "The probability belongs to text as mixed as the corpus; where notices are rarer, the same "
        "probability means fewer of them.",
    ]
    return "\n\n".join(parts) + "\n"


def _point(name: str, model: Model) -> list[str]:
    limits, counts = model.points[name], model.header["measured"][name]
    cells = []
    for sort in ("plain", "hard", "chrome", "notice"):
        hits, total = counts[sort]
        low, high = metrics.wilson(hits, total)
        cells.append(f"{hits / max(total, 1):.2%} ({low:.2%} to {high:.2%})")
    return [name, f"{limits.notice:g}", f"{limits.span:g}", f"{limits.chrome:g}", *cells]


def _outside(measures: Mapping[str, Any]) -> list[str]:
    parts = [
        [name, f"{p['called']} of {p['of']}", f"{p['low']:.2%} to {p['high']:.2%}"]
        for name, p in measures["parts"].items()
    ]
    rows = {**measures["languages"], "all": measures["all"], "unknown to the model": measures["unknown"]}
    return [
        "![Recall and false positives by language](docs/pictures/outside.svg)",
        "Paragraphs read alone, by language:",
        _measures_table(rows),
        "Paragraphs that are no notices but were called so, by part, with Wilson intervals (95 %):",
        _table(["part", "called notice", "interval"], parts),
        "Whole articles, by character and by notice:",
        _table(["measure", "value"], [[_name(k), number(v)] for k, v in measures["articles"].items()]),
        "F1 of the kinds of known notices:",
        _table(["kind", "F1"], [[_name(k), number(v)] for k, v in measures["kinds"].items()]),
        *(
            ["Beside others, paragraphs read alone:", _measures_table(measures["beside"])]
            if "beside" in measures
            else []
        ),
    ]


def number(value: float | None) -> str:
    """A figure as the tables show it: counts whole, shares with three digits, "–" for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, int) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}"


def finite(value: Any) -> Any:
    """The same values, with null for what is not a number: JSON has no NaN. Floats are rounded."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return int(value) if hasattr(value, "dtype") else value


def _name(key: str) -> str:
    return key.replace("_", " ")


def _measures_table(rows: Mapping[str, Mapping[str, float]]) -> str:
    columns = list(next(iter(rows.values()), {}))
    return _table(
        ["", *map(_name, columns)],
        [[_name(name), *(number(values[column]) for column in columns)] for name, values in rows.items()],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
