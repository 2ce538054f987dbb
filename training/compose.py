"""Notices composed from small grammars of clauses, one a language, and stories that hold one.

A grammar (`grammar/LANG.toml`) has openers and sentences. A sentence has kinds and parts, each a list
of alternatives; every choice of alternatives is a sentence. `docs/experiments.md` says what composed
notices add to those that were written.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

from detector.segmentation import sentences
from training.corpus import KINDS, CorpusError, Example, languages

FOLDER = Path(__file__).parent / "grammar"
#: Composed notices, as a share of those that were written in the language.
SHARE = 1.0
#: Scripts whose parts are joined without a blank.
_CLOSE = ("zh-Hans", "zh-Hant", "ja", "th")
_SEED = 20261123


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: one alternative of each part; it is a notice of these kinds."""

    kinds: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What notices of a language are composed of."""

    language: str
    openers: tuple[str, ...]
    sentences: tuple[Sentence, ...]


@cache
def grammar(language: str) -> Grammar:
    """The grammar of a language. Raises `CorpusError` naming what is wrong with its file."""
    path = FOLDER / f"{language}.toml"
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        found = tuple(
            Sentence(tuple(row["kinds"]), tuple(tuple(part) for part in row["parts"]))
            for row in rows["sentence"]
        )
        openers = tuple(rows["openers"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"{path}: not a grammar ({error!r}); see training/compose.py.") from error
    for sentence in found:
        for kind in set(sentence.kinds) - set(KINDS):
            raise CorpusError(f"{path}: unknown kind {kind!r}; use one of {', '.join(KINDS)}.")
        if not sentence.kinds or not all(sentence.parts):
            raise CorpusError(f"{path}: a sentence without kinds or with an empty part; fill it.")
    return Grammar(language, openers, found)


def available() -> list[str]:
    """The languages that have a grammar."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def notices(grammar: Grammar, count: int, seed: int = _SEED) -> Iterator[Example]:
    """Compose this many notices of one to four sentences, with and without an opener."""
    dice = random.Random(f"{seed} {grammar.language}")
    for number in range(count):
        few = dice.sample(grammar.sentences, min(dice.choice([1, 1, 1, 2, 2, 3, 4]), len(grammar.sentences)))
        said = [_said(sentence, grammar.language, dice) for sentence in few]
        if dice.random() < 0.35:
            said.insert(0, dice.choice(grammar.openers))
        text = ("" if grammar.language in _CLOSE[:3] else " ").join(said)
        kinds = tuple(dict.fromkeys(kind for one in few for kind in one.kinds))
        family = f"{grammar.language}-composed-{number:05d}"
        yield Example(text, "notice", kinds, "general", family, grammar.language)


def composed(examples: Sequence[Example]) -> Iterator[Example]:
    """Notices composed in the languages of some examples, in proportion to those that they hold."""
    known = available()
    for language in languages(examples):
        if language in known:
            own = sum(e.language == language and e.label == "notice" for e in examples)
            yield from notices(grammar(language), int(own * SHARE))


def crossed(
    examples: Sequence[Example], count: int, seed: int = _SEED
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Stories of several sentences with one composed notice among them: the text, and where it stands.

    Examples must be of one language.
    """
    dice = random.Random(seed)
    (language,) = languages(examples)
    gap = "" if language in _CLOSE[:3] else " "
    stories = [e.text for e in examples if e.label == "editorial" and len(sentences(e.text)) > 1]
    for story, notice in zip(
        dice.choices(stories, k=count), notices(grammar(language), count, seed), strict=True
    ):
        cuts = sentences(story)
        at = dice.randrange(len(cuts) + 1)
        before = "".join(story[a:b] + gap for a, b in cuts[:at])
        after = "".join(gap + story[a:b] for a, b in cuts[at:])
        yield before + notice.text + after, (len(before), len(before) + len(notice.text))


def _said(sentence: Sentence, language: str, dice: random.Random) -> str:
    gap = "" if language in _CLOSE else " "
    text = gap.join(dice.choice(part) for part in sentence.parts)
    text = regex.sub(r"\s+(?=[.,;:!?。，；：！？،؛؟।])", "", text)
    return regex.sub(r"\s+", " ", text).strip()
