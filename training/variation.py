"""More examples from those we have: what a page makes of a text, not what a writer would.

A sentence of a notice is still a notice and a sentence of a story is story, so both are learned
alone too; and some are learned run together, as long paragraphs and legal blocks are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from detector.segmentation import sentences
from training.corpus import Example, languages

#: Sentences shorter than this many characters say too little alone.
SHORTEST = 15
#: Joined examples, as a share of the stories and of the notices.
JOINED = 0.5
_SEED = 20261123


def varied(examples: Sequence[Example]) -> list[Example]:
    """The examples, the sentences of those with several, and stories and notices run together."""
    return [*examples, *alone(examples), *_joined(examples, "editorial"), *_joined(examples, "notice")]


def alone(examples: Sequence[Example]) -> Iterator[Example]:
    """The sentences of the notices and stories that have several."""
    for example in examples:
        cuts = sentences(example.text) if example.label != "chrome" else []
        if len(cuts) > 1:
            for start, end in cuts:
                if end - start >= SHORTEST:
                    yield replace(example, text=example.text[start:end])


def _joined(examples: Sequence[Example], label: str) -> Iterator[Example]:
    """Two to four examples of a language run together, with the kinds of all."""
    dice = random.Random(_SEED)
    for language in languages(examples):
        own = [e for e in examples if e.language == language and e.label == label]
        for _ in range(int(len(own) * JOINED)):
            few = dice.sample(own, min(len(own), dice.randint(2, 4)))
            kinds = tuple(dict.fromkeys(kind for one in few for kind in one.kinds))
            yield replace(few[0], text=" ".join(one.text for one in few), kinds=kinds)
