"""Verdicts of people, as `python -m web export --jsonl` writes them, to learn from beside the corpus."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import rules
from training.corpus import CorpusError, Example, languages

#: What a line must have, and of which sort.
_FIELDS = {"text": str, "label": str, "kinds": list, "language": str, "domain": str, "family": str}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Lines that keep the rules of the corpus, and why the others are left out."""

    examples: tuple[Example, ...]
    faults: tuple[str, ...]


def read(path: Path, corpus: Sequence[Example], foreign: Sequence[tuple[str, str]] = ()) -> Verdicts:
    """The verdicts in a file that may stand beside the corpus.

    Left out is what breaks a rule of a line, repeats a line of the corpus, is in a language that the
    corpus does not have, or stands in `foreign`, texts with their names. Raises `CorpusError` where the
    file cannot be read or is no JSON Lines.
    """
    found, faults = [], []
    known = set(languages(corpus))
    for at, row in _rows(path):
        fault = _fault(row, known)
        if fault is None:
            found.append(_example(row, at))
        else:
            faults.append(f"{at}: {fault}")
    broken = _broken(found, corpus, foreign)
    kept = tuple(example for example in found if example.at not in broken)
    return Verdicts(kept, (*faults, *broken.values()))


def write(examples: Sequence[Example], folder: Path) -> list[Path]:
    """Write lines as files of a corpus, one a language; returns the files. They must not be there yet."""
    by_language: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_language[example.language].append(example)
    paths = [folder / f"{language}.jsonl" for language in sorted(by_language)]
    if there := [path for path in paths if path.exists()]:
        raise CorpusError(f"{there[0]} is there already: name an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        lines = (json.dumps(_line(example), ensure_ascii=False) for example in by_language[path.stem])
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return paths


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            yield f"line {number}", json.loads(line)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): name what `export` wrote.") from error
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path} is no JSON Lines ({error}): name what `export --jsonl` wrote.") from error


def _fault(row: Any, known: set[str]) -> str | None:
    """Why a line is left out before its text is looked at."""
    if not isinstance(row, Mapping):
        return "is no object; export the verdicts again."
    if row.get("language") is None:
        return "is in no language that is known."
    for name, sort in _FIELDS.items():
        if not isinstance(row.get(name), sort):
            return f"needs {name!r} as {sort.__name__}; export the verdicts again."
    if not all(isinstance(kind, str) for kind in row["kinds"]):
        return "needs kinds by their names; export the verdicts again."
    if row["language"] not in known:
        return f"is in {row['language']!r}, which the corpus does not have; write its corpus first."
    return None


def _example(row: Mapping[str, Any], at: str) -> Example:
    return Example(
        text=row["text"],
        label=row["label"],
        kinds=tuple(row["kinds"]),
        domain=row["domain"],
        family=f"{row['language']}-{row['family']}",
        language=row["language"],
        hard=bool(row.get("hard", False)),
        at=at,
    )


def _broken(
    found: Sequence[Example], corpus: Sequence[Example], foreign: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """What breaks a rule, by its place: beside the corpus, since what that has must not come again."""
    places = {example.at for example in found}
    broken: dict[str, str] = {}
    for fault in rules.problems([*corpus, *found], foreign):
        at = fault.partition(":")[0]
        if at in places:
            broken.setdefault(at, fault)
    return broken


def _line(example: Example) -> dict[str, Any]:
    line: dict[str, Any] = {
        "text": example.text,
        "label": example.label,
        "kinds": list(example.kinds),
        "domain": example.domain,
        "family": example.family,
    }
    return line | ({"hard": True} if example.hard else {})
