"""The paragraphs that are scored, and files of them: as many as asked for, all different."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count, islice, zip_longest
from pathlib import Path

from training import corpus

#: Characters of a paragraph, about, as aggregators have them.
LENGTH = 360
#: One paragraph in so many is a notice.
NOTICE_EVERY = 50
#: Rows of a row group of a Parquet file, as published collections have them.
GROUP_ROWS = 10_000
NOTE = (
    f"They are made of the corpus's editorial lines, none of the hard ones, in {{languages}} languages, "
    f"joined to about {LENGTH} characters, {{bytes:.0f}} bytes; {100 // NOTICE_EVERY} % are notices. "
    "Shuffled, they are repeated with a running number in each, so that no two are the same."
)


def note() -> str:
    """What the paragraphs are, for the report."""
    made = _base()
    size = sum(len(text.encode()) for text in made) / len(made)
    return NOTE.format(languages=len(corpus.languages(corpus.read())), bytes=size)


def paragraphs(size: float) -> list[str]:
    """Paragraphs of `size` bytes of UTF-8 together, or a little more."""
    return list(stream(size))


def stream(size: float) -> Iterator[str]:
    """The same one by one."""
    base, made = _base(), 0
    for number in count():
        text = _numbered(base[number % len(base)], number)
        yield text
        made += len(text.encode())
        if made >= size:
            return


def _numbered(text: str, number: int) -> str:
    """With the number behind the first word, or at the end where there are no spaces."""
    first, space, rest = text.partition(" ")
    return f"{first} {number}{space}{rest}"


@cache
def _base() -> Sequence[str]:
    """The paragraphs before they are repeated: a notice, many stories, and so on."""
    examples = corpus.read()
    stories = [e for e in examples if e.label == "editorial" and not e.hard]
    chance = random.Random(1)
    joined = [text for name in corpus.languages(examples) for text in _joined(stories, name)]
    notices = [_line(e.text) for e in examples if e.label == "notice"]
    chance.shuffle(joined)
    chosen = chance.sample(notices, len(joined) // (NOTICE_EVERY - 1))
    step = NOTICE_EVERY - 1
    groups = [joined[at : at + step] for at in range(0, len(joined), step)]
    return [text for notice, group in zip_longest(chosen, groups) for text in (notice, *group) if text]


def _joined(examples: Sequence[corpus.Example], language: str) -> Iterator[str]:
    run = ""
    for example in examples:
        if example.language == language:
            run = _line(f"{run} {example.text}")
            if len(run) >= LENGTH * 0.75:
                yield run
                run = ""


def _line(text: str) -> str:
    return text.replace("\n", " ").strip()


def write_jsonl(path: Path, size: float) -> None:
    """A file with the columns id and text, `size` bytes of text."""
    with path.open("w", encoding="utf-8") as file:
        for row in _rows(size):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_parquet(path: Path, size: float, codec: str) -> None:
    """The same as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    rows = _rows(size)
    with pq.ParquetWriter(path, schema, compression=codec) as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema))


def _rows(size: float) -> Iterator[dict[str, str]]:
    return ({"id": f"row-{number:09}", "text": text} for number, text in enumerate(stream(size)))
