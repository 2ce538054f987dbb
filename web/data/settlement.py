"""What becomes of a family by what people said of it: a pure rule, so that undoing is saying it anew.

One clear answer settles. Unsure alone asks a second person; a second unsure, or two who differ, asks a
lead; a lead's clear answer goes before all others. Of each person the last answer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person said: hide, keep or unsure, and how the kinds and the span are to be mended."""

    person_id: int
    role: str
    verdict: str
    kinds: tuple[str, ...] | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The state of a family; `verdict` is None where the detector's word still stands."""

    status: str
    verdict: str | None = None
    kinds: tuple[str, ...] | None = None
    span: tuple[int, int] | None = None


def settled(opinions: Sequence[Opinion], base: str = "open") -> Settlement:
    """The state that follows from opinions in the order in which they were given; `base` without any."""
    last = list({opinion.person_id: opinion for opinion in _latest_last(opinions)}.values())
    clear = [opinion for opinion in last if opinion.verdict != "unsure"]
    leads = [opinion for opinion in clear if opinion.role == "lead"]
    if leads:
        return _by(leads[-1])
    if len({opinion.verdict for opinion in clear}) > 1:
        return Settlement("lead")
    if clear:
        return _by(clear[-1])
    if not last:
        return Settlement(base)
    asked_lead = len(last) > 1 or last[0].role == "lead"
    return Settlement("lead" if asked_lead else "second")


def _latest_last(opinions: Sequence[Opinion]) -> list[Opinion]:
    """Opinions in order, but a person's last one stands where it was given."""
    final = {opinion.person_id: i for i, opinion in enumerate(opinions)}
    return [opinion for i, opinion in enumerate(opinions) if final[opinion.person_id] == i]


def _by(opinion: Opinion) -> Settlement:
    return Settlement("settled", opinion.verdict, opinion.kinds, opinion.span)
