"""The rules that the corpus keeps; each breach is named with file, line and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import regex

from detector.languages import FEWEST, words
from detector.ngrams import fold
from training.corpus import DOMAINS, KINDS, LABELS, NO_LANGUAGE, Example, languages, plain
from training.folding import symbol_table
from training.vocabulary import vocabulary

#: The least that a language must hold, by label; hard editorial counts twice, here and there.
LEAST = {"notice": 150, "editorial": 250, "hard": 80, "chrome": 60}
#: The languages that there may be files of, by their codes of ISO 639-1, Chinese by script (BCP 47).
LANGUAGES = frozenset(
    "ar bg cs da de el en es fa fi fr he hi hu id it ja ko nl no pl pt ro ru sv th tr uk vi"
    " zh-Hans zh-Hant".split()
)
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
#: Letters of two alphabets in one word: look-alikes, most of the time. (μ is the sign of a unit.)
_MIXED = regex.compile(r"\p{Latin}[\p{Cyrillic}\p{Greek}--μ]|[\p{Cyrillic}\p{Greek}--μ]\p{Latin}", regex.V1)
#: A line is in the wrong file when its language knows less than this share of what another knows of it.
_OWN_WORDS = 0.6
#: A text shares this many characters with a foreign one when it was not written freshly.
SHARED = 60


def problems(examples: Sequence[Example], foreign: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """What is wrong with the corpus, each with file, line and remedy.

    `foreign` holds texts, each with its name, that no line may repeat: test cases and texts that
    only measure.
    """
    for example in examples:
        yield from _line_problems(example)
    yield from _duplicates(examples)
    yield from _wrong_languages(examples)
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
    if example.language not in LANGUAGES:
        yield f"{at}: unknown language {example.language!r}; use one of {', '.join(sorted(LANGUAGES))}."
    if mixed := _MIXED.search(example.text):
        yield f"{at}: {mixed[0]!r} mixes two alphabets in one word; write it in one."
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


def _wrong_languages(examples: Sequence[Example]) -> Iterator[str]:
    """Lines that another language of the corpus knows much better than their own."""
    names = [name for name in languages(examples) if name in LANGUAGES]
    spoken = [example for example in examples if example.language in names]
    if len(names) < 2:
        return
    table = symbol_table()
    known = vocabulary(spoken, table)
    row, bucket = words(fold([example.text for example in spoken], table))
    total = np.bincount(row, minlength=len(spoken))
    knows = [(known[bucket] >> np.uint32(i)) & np.uint32(1) for i in range(len(names))]
    counts = np.stack([np.bincount(row, each, len(spoken)) for each in knows])
    for i, example in enumerate(spoken):
        own = counts[names.index(example.language), i]
        if total[i] >= FEWEST and own < _OWN_WORDS * counts[:, i].max():
            other = names[int(counts[:, i].argmax())]
            yield f"{example.at}: reads like {other}; move the line, or mend it."


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
