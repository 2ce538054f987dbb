"""What goes in and what comes out: frozen values, offsets in characters of the input text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import repeat
from typing import Any, Literal, TypeVar

T = TypeVar("T")

Format = Literal["text", "markdown", "html"]
Form = Literal["paragraph", "heading", "list_item", "table_row", "quote", "line"]
Label = Literal["editorial", "notice", "chrome", "unsure"]

#: Version of the shape that `Report.to_dict` gives.
SCHEMA = 1
#: Every character that Python calls white space, as the inside of a pattern's character class.
WHITE = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
#: Every character that ends a line, likewise; CR LF counts as one end.
LINE_END = "\n-\r\x1c-\x1e\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what is known about it. `source` names it in messages; it is not opened."""

    text: str
    format: Format | Literal["auto"] = "auto"
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page has a segment: the element that holds it and the line, from 1, of its start tag."""

    xpath: str
    line: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text as a reader sees it: `text[start:end]`, without the marks of its form.

    `place` is known for segments of a page.
    """

    start: int
    end: int
    text: str
    form: Form
    place: Place | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Span:
    """A notice inside an editorial segment: one sentence or several in a row."""

    start: int
    end: int
    text: str
    score: float
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredSegment(Segment):
    """A segment with its verdict; "unsure" where the model does not know the language.

    `score` is the probability, 0 to 1, that this segment is a notice, read alone; `probabilities`
    holds it for notice, chrome and editorial, and the label also weighs the neighbours. `kinds` are
    those of a notice, most probable first; `spans` are the notices inside an editorial segment.
    """

    label: Label
    score: float
    probabilities: Mapping[str, float]
    kinds: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a whole text; of a page, on the text that its reader sees.

    `legal_page` says that the text is itself a terms, privacy or legal page: nothing would be left
    of it, so nothing is dropped. `drop` holds the labels that `editorial_text` leaves out.
    """

    text: str = field(repr=False)
    segments: tuple[ScoredSegment, ...]
    legal_page: bool
    model: str
    drop: tuple[Label, ...] = ("notice", "chrome")

    @property
    def notices(self) -> tuple[ScoredSegment | Span, ...]:
        """What to remove as notice: whole segments and spans inside segments, in order."""
        return tuple(self._dropped(("notice",)))

    @property
    def dropped(self) -> tuple[ScoredSegment | Span, ...]:
        """What `editorial_text` leaves out, in order; empty for a legal page."""
        return () if self.legal_page else tuple(self._dropped(self.drop))

    @property
    def editorial_text(self) -> str:
        """The text without what is dropped; all else is as it was, to the character."""
        dropped = {id(part) for part in self.dropped}
        kept: list[str] = []
        done = 0  # the text before this is kept or dropped
        for segment in self.segments:
            begin, end = self._line(segment)
            if id(segment) in dropped:
                kept.append("")
            else:
                spans = [span for span in segment.spans if id(span) in dropped]
                kept.append(self.text[done:begin] + _without(self.text, begin, end, spans))
            done = end
        text = "".join(kept) + self.text[done:]
        # What stood between a first segment that is gone and the next one leads nowhere.
        return text.lstrip() if self.segments and id(self.segments[0]) in dropped else text

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values; `version` changes when the shape does."""
        return {
            "version": SCHEMA,
            "model": self.model,
            "legal_page": self.legal_page,
            "segments": [_segment_dict(segment) for segment in self.segments],
            "notices": [
                {"start": n.start, "end": n.end, "score": n.score, "kinds": list(n.kinds)}
                for n in self.notices
            ],
            "editorial_text": self.editorial_text,
        }

    def _dropped(self, labels: tuple[Label, ...]) -> Iterator[ScoredSegment | Span]:
        for segment in self.segments:
            if segment.label in labels:
                yield segment
            elif "notice" in labels:
                yield from segment.spans

    def _line(self, segment: Segment) -> tuple[int, int]:
        """The segment with the marks of its form: from the start to the end of its lines."""
        return line_start(self.text, segment.start), line_end(self.text, segment.end)


def many(sort: type[T], count: int, **columns: Iterable[Any]) -> list[T]:
    """So many values of a frozen dataclass with slots, from a column for each of its fields.

    They are those that its constructor gives, which sets one field after another by name, in a third of
    the time.
    """
    values = list(map(object.__new__, repeat(sort, count)))
    for own in fields(sort):  # type: ignore[arg-type]
        deque(map(getattr(sort, own.name).__set__, values, columns[own.name]), maxlen=0)
    return values


def line_start(text: str, at: int) -> int:
    """The place after the line end before `at`."""
    while at > 0 and not _ends_line(text[at - 1]):
        at -= 1
    return at


def line_end(text: str, at: int) -> int:
    """The place of the line end at or after `at`, or the end of the text."""
    while at < len(text) and not _ends_line(text[at]):
        at += 1
    return at


def _ends_line(char: str) -> bool:
    return char in "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"


def _without(text: str, begin: int, end: int, spans: list[Span]) -> str:
    """`text[begin:end]` without the spans, nor the white space that a span leaves doubled."""
    parts = []
    for span in spans:
        parts.append(text[begin : span.start])
        begin = span.end
        if begin == end or not parts[-1].strip() or parts[-1][-1:].isspace():
            while begin < end and text[begin].isspace():
                begin += 1
        if begin == end:
            parts[-1] = parts[-1].rstrip()
    return "".join(parts) + text[begin:end]


def _segment_dict(segment: ScoredSegment) -> dict[str, Any]:
    place = segment.place
    return {
        "start": segment.start,
        "end": segment.end,
        "form": segment.form,
        "label": segment.label,
        "score": segment.score,
        "probabilities": dict(segment.probabilities),
        "kinds": list(segment.kinds),
        "spans": [
            {"start": s.start, "end": s.end, "text": s.text, "score": s.score, "kinds": list(s.kinds)}
            for s in segment.spans
        ],
        "text": segment.text,
    } | ({"place": {"xpath": place.xpath, "line": place.line}} if place else {})
