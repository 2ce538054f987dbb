"""training/DATASHEET.md: what the corpus holds, counted from its files.

The questions are those of Gebru et al. (2021), Datasheets for datasets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from training.corpus import KINDS, LABELS, NO_LANGUAGE, Example, fingerprint, languages

SHEET = Path(__file__).parent / "DATASHEET.md"


def text(examples: Sequence[Example]) -> str:
    """The datasheet as Markdown."""
    names = [*languages(examples), NO_LANGUAGE]
    own = {name: [example for example in examples if example.language == name] for name in names}
    domains = sorted({example.domain for example in examples})
    parts = [
        "# Datasheet of the corpus",
        "Written by `python -m training datasheet`; do not edit by hand.",
        "## Motivation",
        "To teach a paragraph classifier which text of an article is a notice, in many languages, from "
        "text whose labels and rights are beyond doubt.",
        "## Composition",
        f"{len(examples):,} segments in {len(names) - 1} languages, fingerprint "
        f"`{fingerprint(examples)[:16]}`. A line is one segment with its label, the kinds of a notice, a "
        "domain, a family, and a mark where editorial text is easily taken for a notice (hard). Lines of "
        f"one family are wordings of one skeleton; folds never part them. `{NO_LANGUAGE}` is what belongs "
        "to no language: numbers, code, markup.",
        _table(["language", "families", *LABELS, "of it hard", "characters"], map(_language, own.items())),
        "Notices by language and kind (one notice may have several):",
        _table(["language", *KINDS], ([name, *_count(rows, _kinds)] for name, rows in own.items())),
        "Segments by domain:",
        _table(
            ["domain", *LABELS],
            ([d, *_count([e for e in examples if e.domain == d], lambda e: [e.label])] for d in domains),
        ),
        "Length in characters, at each tenth of the segments:",
        _table(["label", *(f"{i * 10} %" for i in range(11))], map(_lengths(examples), LABELS)),
        "## Collection",
        "Every line was written for this project, language by language and not by translation. No line "
        "was taken from a site, a book or another corpus; companies, people, sites and licence numbers "
        "are invented, and real regulators and laws are named without invented facts. Writers worked "
        "from [the rubric](RUBRIC.md) and a grid of kinds, domains, registers and voices. A second reader "
        "of each language but Thai read 140 lines of others, half of them at random and half those "
        "that a model doubted most; what they found is in the dated rulings and mended labels.",
        "## Preprocessing",
        "None is stored. `training/variation.py` makes variants while fitting.",
        "## Uses",
        "Fitting and checking the shipped model. It is made to be hard and is no sample of the web: its "
        "share of notices, and of stories about notices, is far above that of any site.",
        "## Distribution and maintenance",
        "Part of this repository, under its licence. `python -m training check` holds the rules: labels, "
        "kinds, families, scripts, no line twice, no line that also stands in a test or a measuring set. "
        "Whoever changes a line publishes the model again.",
    ]
    return "\n\n".join(parts) + "\n"


def write(examples: Sequence[Example]) -> None:
    """Write the datasheet of the corpus."""
    SHEET.write_text(text(examples), encoding="utf-8")


def _language(item: tuple[str, list[Example]]) -> list[object]:
    name, rows = item
    characters = sum(len(example.text) for example in rows)
    labels = _count(rows, lambda e: [e.label])
    return [name, len({e.family for e in rows}), *labels, sum(e.hard for e in rows), characters]


def _kinds(example: Example) -> Sequence[str]:
    return example.kinds


def _count(rows: Sequence[Example], names: Callable[[Example], Sequence[str]]) -> list[int]:
    count = Counter(name for example in rows for name in names(example))
    return [count[name] for name in (KINDS if names is _kinds else LABELS)]


def _lengths(examples: Sequence[Example]) -> Callable[[str], list[object]]:
    def row(label: str) -> list[object]:
        lengths = sorted(len(example.text) for example in examples if example.label == label)
        return [label, *(lengths[min(len(lengths) * i // 10, len(lengths) - 1)] for i in range(11))]

    return row


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [[name.replace("_", " ") for name in head], ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
