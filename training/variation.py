"""More examples from those we have: what a page makes of a text, not what a writer would.

A sentence of a notice is still a notice and a sentence of a story is story, so both are learned
alone too; and stories are learned run together, as long paragraphs are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from detector.segmentation import sentences
from training.corpus import Example

#: Sentences shorter than this many characters say too little alone.
SHORTEST = 15
#: Joined stories, as a share of the editorial examples.
JOINED = 0.5
_SEED = 20261123


def varied(examples: Sequence[Example]) -> list[Example]:
    """The examples, the sentences of those with several, and joined stories by language."""
    return [*examples, *_sentences(examples), *_joined(examples)]


def _sentences(examples: Sequence[Example]) -> Iterator[Example]:
    for example in examples:
        cuts = sentences(example.text) if example.label != "chrome" else []
        if len(cuts) > 1:
            for start, end in cuts:
                if end - start >= SHORTEST:
                    yield replace(example, text=example.text[start:end])


def _joined(examples: Sequence[Example]) -> Iterator[Example]:
    dice = random.Random(_SEED)
    for language in sorted({example.language for example in examples}):
        stories = [e for e in examples if e.language == language and e.label == "editorial"]
        for _ in range(int(len(stories) * JOINED)):
            few = dice.sample(stories, dice.randint(2, 4)) if len(stories) > 4 else stories
            yield replace(few[0], text=" ".join(story.text for story in few))
