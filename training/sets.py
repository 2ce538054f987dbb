"""Labelled text from outside: paragraphs and articles that measure and are never learned from."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.corpus import CorpusError, Example


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled paragraph from outside.

    `part` says what sort of text it is, for false positives. Rows of one `wording` are translations
    of each other, and count as one over all languages.
    """

    text: str
    label: str
    kinds: tuple[str, ...]
    language: str
    part: str
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """A labelled text from outside: `spans` holds start, end, label, whether inside a paragraph."""

    text: str
    language: str
    format: str
    spans: tuple[tuple[int, int, str, bool], ...]


def read_sets(paths: Iterable[Path]) -> tuple[list[Row], list[Article]]:
    """Labelled paragraphs and articles from JSON Lines files, plain or .gz, or folders of them.

    A row with "spans" is an article. Raises `CorpusError` naming file and line.
    """
    rows: list[Row] = []
    articles: list[Article] = []
    for path in [file for given in paths for file in _files(given)]:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    articles.append(_article(row)) if "spans" in row else rows.append(_row(row))
                except (ValueError, KeyError, TypeError) as error:
                    raise CorpusError(f"{path}:{number}: not a labelled row ({error!r}).") from error
    return rows, articles


def as_row(example: Example) -> Row:
    """An example of the corpus as a row of a set."""
    sort = "hard" if example.hard else "plain"
    part = sort if example.label == "editorial" else example.label
    return Row(example.text, example.label, example.kinds, example.language, part)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.name.endswith((".jsonl", ".jsonl.gz")))
    if not path.is_file():
        raise CorpusError(f"{path} does not exist: name a JSON Lines file or a folder of them.")
    return [path]


def _row(row: dict[str, Any]) -> Row:
    part = row.get("part", row["label"])
    wording = f"{row.get('repo', '')}:{row['key']}" if row.get("key") else ""
    return Row(row["text"], row["label"], tuple(row.get("kinds", ())), row["lang"], part, wording)


def _article(row: dict[str, Any]) -> Article:
    spans = ((s["start"], s["end"], s["label"], bool(s.get("inline"))) for s in row["spans"])
    return Article(row["text"], row["lang"], row["format"], tuple(spans))
