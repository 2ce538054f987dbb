"""The corpus that we wrote: one JSON Lines file a language, and the rules that it keeps.

A line is `{"text", "label", "kinds", "domain", "family"}` and, for editorial text that is easily
taken for a notice, `"hard": true`. Lines of one family are wordings of one skeleton: folds never
part them. A language is added by adding its file.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter
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
#: The least that a language must hold, by label; hard editorial counts twice, here and there.
LEAST = {"notice": 150, "editorial": 250, "hard": 80, "chrome": 60}
#: The file of what is in no language: numbers, code, markup. The code is that of ISO 639-2.
NO_LANGUAGE = "zxx"
#: The script that most letters of a language belong to.
SCRIPTS = {
    "ru": "Cyrillic",
    "uk": "Cyrillic",
    "bg": "Cyrillic",
    "el": "Greek",
    "ar": "Arabic",
    "fa": "Arabic",
    "he": "Hebrew",
    "hi": "Devanagari",
    "th": "Thai",
    "ko": "Hangul",
    "ja": r"Han}\p{Hiragana}\p{Katakana",
    "zh-Hans": "Han",
    "zh-Hant": "Han",
}
#: A text shares this many characters with a foreign one when it was not written freshly.
SHARED = 60
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


def problems(examples: Sequence[Example], foreign: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """What is wrong with the corpus, each with file, line and remedy.

    `foreign` holds texts, each with its name, that no line may repeat: test cases and texts that
    only measure.
    """
    for example in examples:
        yield from _line_problems(example)
    yield from _duplicates(examples)
    yield from _thin_languages(examples)
    yield from _copies(examples, foreign)


def _line_problems(example: Example) -> Iterator[str]:
    at = example.at
    if example.label not in LABELS:
        yield f"{at}: unknown label {example.label!r}; use one of {', '.join(LABELS)}."
    for kind in example.kinds:
        if kind not in KINDS:
            yield f"{at}: unknown kind {kind!r}; use one of {', '.join(KINDS)}."
    if (example.label == "notice") != bool(example.kinds):
        yield f"{at}: a notice has kinds and nothing else has; mend label or kinds."
    if example.domain not in DOMAINS:
        yield f"{at}: unknown domain {example.domain!r}; use one of {', '.join(sorted(DOMAINS))}."
    if example.hard and example.label != "editorial":
        yield f"{at}: only editorial text is hard; take out the mark."
    if not example.family.startswith(f"{example.language}-"):
        yield f"{at}: family {example.family!r} must begin with {example.language!r}."
    if not example.text.strip():
        yield f"{at}: empty text; write one or take out the line."
    if example.language == NO_LANGUAGE:
        return
    script = SCRIPTS.get(example.language, "Latin")
    letters = regex.findall(r"\p{L}", example.text)
    own = regex.findall(rf"[\p{{{script}}}\p{{Latin}}]", example.text)
    if len(own) < 0.9 * len(letters):
        yield f"{at}: letters of another script than {script}; mend the text or its language."


def _duplicates(examples: Sequence[Example]) -> Iterator[str]:
    seen: dict[tuple[str, str], Example] = {}
    for example in examples:
        code = example.language == NO_LANGUAGE
        key = (example.language, (not code and plain(example.text)) or example.text)
        first = seen.setdefault(key, example)
        if first is not example:
            yield f"{example.at}: repeats {first.at}; take one of them out."


def _thin_languages(examples: Sequence[Example]) -> Iterator[str]:
    for language in languages(examples):
        own = [example for example in examples if example.language == language]
        counts = Counter(example.label for example in own)
        counts["hard"] = sum(example.hard for example in own)
        for name, least in LEAST.items():
            if counts[name] < least:
                yield f"{language}.jsonl: {counts[name]} of {name}, needs {least}; write more."
        for kind in KINDS:
            if not any(kind in example.kinds for example in own):
                yield f"{language}.jsonl: no notice of kind {kind}; write some."


def _copies(examples: Sequence[Example], foreign: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Texts that stand elsewhere word for word, or share a long run with a text from elsewhere."""
    whole = {plain(text): name for name, text in foreign if len(plain(text)) > 20}
    runs: dict[str, str] = {}
    for name, text in foreign:
        words = " ".join(text.casefold().split())
        for i in range(0, len(words) - SHARED + 1, 10):
            runs[words[i : i + SHARED]] = name
    for example in examples:
        words = " ".join(example.text.casefold().split())
        name = whole.get(plain(example.text)) or next(
            (
                runs[words[i : i + SHARED]]
                for i in range(len(words) - SHARED + 1)
                if words[i : i + SHARED] in runs
            ),
            None,
        )
        if name:
            yield f"{example.at}: stands in {name} too; write it in other words."


def fingerprint(examples: Sequence[Example]) -> str:
    """SHA-256 of all that training sees of the corpus."""
    digest = hashlib.sha256()
    for example in examples:
        row: list[Any] = [example.text, example.label, example.kinds, example.domain]
        row += [example.family, example.hard, example.language]
        digest.update(json.dumps(row, ensure_ascii=True).encode())
    return digest.hexdigest()
