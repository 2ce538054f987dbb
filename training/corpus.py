"""The corpus that we wrote: one JSON Lines file a language.

A line is `{"text", "label", "kinds", "domain", "family"}` and, for editorial text that is easily
taken for a notice, `"hard": true`. Lines of one family are wordings of one skeleton: folds never
part them. A language is added by adding its file.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

FOLDER = Path(__file__).parent / "corpus"
LABELS = ("editorial", "notice", "chrome")
KINDS = (
    "third_party",
    "not_advice",
    "no_warranty",
    "risk_warning",
    "sponsorship",
    "conflict_of_interest",
    "forward_looking",
    "copyright",
    "automated",
    "jurisdiction",
    "privacy",
    "terms",
)
DOMAINS = frozenset(
    "crypto stocks banking insurance gambling health law travel technology ai open_data software"
    " forum shopping news press_release science real_estate education sport politics culture cooking"
    " weather local howto interview environment history energy general".split()
)
#: The file of what is in no language: numbers, code, markup. The code is that of ISO 639-2.
NO_LANGUAGE = "zxx"
_FIELDS = {"text": str, "label": str, "kinds": list, "domain": str, "family": str}


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled segment; `at` says where it stands, as file:line."""

    text: str
    label: str
    kinds: tuple[str, ...]
    domain: str
    family: str
    language: str
    hard: bool = False
    at: str = ""


class CorpusError(Exception):
    """The corpus cannot be read; the text names file, line and remedy."""


def read(paths: Iterable[Path] | None = None) -> list[Example]:
    """The examples of some corpus files, of all languages by default."""
    paths = sorted(FOLDER.glob("*.jsonl")) if paths is None else paths
    return [example for path in paths for example in _read_file(path)]


def _read_file(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            at = f"{path.name}:{number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise CorpusError(f"{at}: not JSON ({error}); write one object a line.") from error
            for name, sort in _FIELDS.items():
                if not isinstance(row, dict) or not isinstance(row.get(name), sort):
                    raise CorpusError(f"{at}: needs {name!r} as {sort.__name__}.")
            yield Example(
                **{name: row[name] for name in _FIELDS if name != "kinds"},
                kinds=tuple(row["kinds"]),
                language=path.stem,
                hard=bool(row.get("hard", False)),
                at=at,
            )


def languages(examples: Iterable[Example]) -> list[str]:
    """The languages of some examples, in order."""
    return sorted({example.language for example in examples} - {NO_LANGUAGE})


def plain(text: str) -> str:
    """The letters of a text alone: what stays of it under another layout, case or number."""
    return regex.sub(r"[\W\d_]+", "", unicodedata.normalize("NFKC", text).casefold())


def fingerprint(examples: Sequence[Example]) -> str:
    """SHA-256 of all that training sees of the corpus."""
    digest = hashlib.sha256()
    for example in examples:
        row: list[Any] = [example.text, example.label, example.kinds, example.domain]
        row += [example.family, example.hard, example.language]
        digest.update(json.dumps(row, ensure_ascii=True).encode())
    return digest.hexdigest()
