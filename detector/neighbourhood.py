"""What the neighbours of a segment say about it: notices gather, and stand at the ends of a text.

First each segment alone, then its neighbours (as jusText does); docs/experiments.md has what
each of the figures below gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detector.document import Form

#: What a notice on one side of a segment adds to its logit, and notices on both sides: the middle of
#: a legal block is legal.
BESIDE, BETWEEN = 0.5, 1.5
#: What a place amid the story takes from it, with no notice next to it.
AMID = 0.5
#: What a quotation amid the story loses: it is told, not said.
QUOTED = 12.0
#: What a heading loses that no notice follows: a heading announces what stands below it.
IDLE_HEADING = 3.0
#: What a list item or table row loses as page furniture with no furniture next to it: it is a step or
#: an entry.
LONE_ITEM = 2.0
#: How many segments at the beginning and at the end of a text are not amid the story.
BEGIN, END = 2, 5

_ITEMS = ("list_item", "table_row")


def shifts(notices: Sequence[bool], forms: Sequence[Form]) -> list[float]:
    """The shift of each segment's logit, given its form and which segments are notices alone."""
    last = len(notices) - 1
    if last == 0:
        return [0.0]  # nothing stands beside it
    found = []
    for i, (form, (above, below)) in enumerate(zip(forms, _beside(notices), strict=True)):
        amid = BEGIN <= i <= last - END
        if form == "quote" and amid:
            found.append(-QUOTED)
            continue
        shift = (-AMID if amid else 0.0, BESIDE, BETWEEN)[above + below]
        found.append(shift - IDLE_HEADING if form == "heading" and not below else shift)
    return found


def furniture_shifts(furniture: Sequence[bool], forms: Sequence[Form]) -> list[float]:
    """The shift of each segment's logit of being chrome, given which segments are chrome alone."""
    if len(forms) == 1:
        return [-LONE_ITEM if forms[0] in _ITEMS else 0.0]
    return [
        -LONE_ITEM if form in _ITEMS and not (above or below) else 0.0
        for form, (above, below) in zip(forms, _beside(furniture), strict=True)
    ]


def _beside(flags: Sequence[bool]) -> Iterable[tuple[bool, bool]]:
    """The flag above and below each."""
    return zip([False, *flags][:-1], [*flags, False][1:], strict=True)
