"""An article in blocks for a page: what readers get of each, and what came in with its marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web import names, showing
from web.data.outcome import Part
from web.data.schema import Article, Family, Segment

#: The element of a form; what is none of them is a paragraph.
ELEMENTS = {"heading": "h3", "list_item": "li", "quote": "blockquote"}


@dataclass(frozen=True, slots=True)
class Place:
    """A segment, or a notice inside one, with its family and what is done with it."""

    segment: Segment
    family: Family
    part: Part


@dataclass(frozen=True, slots=True)
class Block:
    """A segment of an article with the notices inside it."""

    text: str
    start: int
    whole: Place
    inside: tuple[Place, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """The block itself and the notices in it."""
        return (self.whole, *self.inside)

    @property
    def element(self) -> str:
        """The element that holds it."""
        return ELEMENTS.get(self.whole.segment.form, "p")

    @property
    def action(self) -> str:
        """What is done with the block as a whole: keep, tag, collapse or remove."""
        return self.whole.part.action if self._is_whole(self.whole.part) else "keep"

    @property
    def is_gone(self) -> bool:
        """Whether readers get nothing of it."""
        return self.action == "remove" or not self.kept.strip()

    @property
    def kept(self) -> Markup:
        """What readers get of its text; what is tagged or collapsed inside is marked."""
        hidden = [part for part in self._partial() if part.action == "remove"]
        marks = [
            (part.start - self.start, part.end - self.start, part.action)
            for part in self._partial()
            if part.action in ("tag", "collapse")
        ]
        out, done = [], 0
        for part in [*sorted(hidden, key=lambda part: part.start), None]:
            stop = len(self.text) if part is None else part.start - self.start
            if stop > done:
                inner = [(max(a, done) - done, min(b, stop) - done, name) for a, b, name in marks]
                piece = self.text[done:stop]
                out.append(showing.shown(piece, [mark for mark in inner if mark[0] < mark[1]]))
            done = max(done, stop if part is None else part.end - self.start)
        return Markup("").join(out)

    @property
    def original(self) -> Markup:
        """What came in, with marks on what is a notice or chrome inside it."""
        marks = [
            (
                place.part.start - self.start,
                place.part.end - self.start,
                f"{place.part.label} {place.part.action}",
            )
            for place in self.places
            if place.part.label != "editorial" and not self._is_whole(place.part)
        ]
        return showing.shown(self.text, marks)

    @property
    def kinds(self) -> str:
        """The kinds of the whole, in words."""
        part = self.whole.part
        return ", ".join(names.kind(kind) for kind in part.kinds) or names.LABEL.get(part.label, "")

    def _partial(self) -> list[Part]:
        return [place.part for place in self.places if not self._is_whole(place.part)]

    def _is_whole(self, part: Part) -> bool:
        return (part.start, part.end) == (self.start, self.start + len(self.text))


def blocks(
    article: Article, rows: Sequence[Segment], families: Mapping[int, Family], parts: Sequence[Part]
) -> list[Block]:
    """The blocks of an article, in order; `parts` has what is done with each of `rows`."""
    places = [Place(row, families[row.family_id], part) for row, part in zip(rows, parts, strict=True)]
    inside: dict[int, list[Place]] = {}
    for place in places:
        if place.segment.parent is not None:
            inside.setdefault(place.segment.parent, []).append(place)
    return [
        Block(
            article.text[place.segment.start : place.segment.end],
            place.segment.start,
            place,
            tuple(inside.get(place.segment.position, ())),
        )
        for place in places
        if place.segment.parent is None
    ]
