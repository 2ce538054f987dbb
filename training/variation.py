"""More examples from those we have: what a page makes of a text, not what a writer would.

A sentence of a notice is still a notice and a sentence of a story is story, so both are learned
alone too; some are learned run together, as long paragraphs and legal blocks are; and some with the
marks that real pages leave on them. Composed notices come on top.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import regex

from detector.segmentation import sentences
from training.compose import composed
from training.corpus import Example, languages

#: Sentences shorter than this many characters say too little alone.
SHORTEST = 15
#: Joined examples, as a share of the stories and of the notices; and examples with marks, of all.
JOINED, NOISY = 0.5, 0.25
_SEED = 20261123


def varied(examples: Sequence[Example]) -> list[Example]:
    """The examples with all variants of them, and composed notices."""
    return [*examples, *alone(examples), *joined(examples), *noisy(examples), *composed(examples)]


def alone(examples: Sequence[Example]) -> Iterator[Example]:
    """The sentences of the notices and stories that have several."""
    for example in examples:
        cuts = sentences(example.text) if example.label != "chrome" else []
        if len(cuts) > 1:
            for start, end in cuts:
                if end - start >= SHORTEST:
                    yield replace(example, text=example.text[start:end])


def joined(examples: Sequence[Example]) -> Iterator[Example]:
    """Two to four examples of a language and label run together, with the kinds of all."""
    for label in ("editorial", "notice"):
        dice = random.Random(_SEED)
        for language in languages(examples):
            own = [e for e in examples if e.language == language and e.label == label]
            for _ in range(int(len(own) * JOINED)):
                few = dice.sample(own, min(len(own), dice.randint(2, 4)))
                kinds = tuple(dict.fromkeys(kind for one in few for kind in one.kinds))
                yield replace(few[0], text=" ".join(one.text for one in few), kinds=kinds)


def noisy(examples: Sequence[Example]) -> Iterator[Example]:
    """Some examples with one mark of real pages each (see `MARKS`).

    Capitals, accents, widths, quotes and numbers need none: folding makes their variants the same.
    """
    dice = random.Random(_SEED)
    for example in examples:
        if dice.random() < NOISY:
            text = dice.choice(MARKS)(example.text, dice)
            if text != example.text and text.strip():
                yield replace(example, text=text)


def _remnants(text: str, dice: random.Random) -> str:
    before, after = dice.choice(
        [("**", "**"), ("<p>", "</p>"), ("> ", ""), ("* ", ""), ("<small>", "</small>"), ("&nbsp;", "&nbsp;")]
    )
    return before + text.replace("'", dice.choice(["'", "&#39;"])).replace("&", "&amp;") + after


def _cut(text: str, dice: random.Random) -> str:
    """Cut off after two thirds or more, with the mark that sites put there."""
    at = int(len(text) * dice.uniform(0.67, 0.95))
    return text[:at].rstrip() + dice.choice(["…", "...", " [...]", ""])


def _glued(text: str, dice: random.Random) -> str:
    """Without the blanks after full stops, where line breaks were lost."""
    return regex.sub(r"(?<=[.!?:;])\s+", "", text)


def _misread(text: str, dice: random.Random) -> str:
    """Slips of a character reader: one in fifty letters."""
    slips = {"l": "1", "O": "0", "o": "0", "I": "l", "m": "rn", "e": "c", "и": "н", "й": "и", "ا": "أ"}
    return "".join(slips[c] if c in slips and dice.random() < 0.1 else c for c in text)


def _named(text: str, dice: random.Random) -> str:
    """An English company name or term before it, as in any language's business pages."""
    name = dice.choice(
        ["Northgate Capital Ltd", "Open Finance", "Blue Harbor", "Terms & Conditions", "Premium"]
    )
    return f"{name}: {text}" if dice.random() < 0.5 else f"{text} ({name})"


MARKS: tuple[Callable[[str, random.Random], str], ...] = (_remnants, _cut, _glued, _misread, _named)
