"""Sources: who published an article, and what is done with notices there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from web.data import clock, journal
from web.data.errors import InvalidError, NotFoundError
from web.data.people import require
from web.data.schema import ACTIONS, Person, Source

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with notices and chrome of a source.

    `kinds` sets an action for a kind; a notice of several kinds gets the mildest of theirs. Notices of
    the kinds in `required` always stay.
    """

    notice: str = "remove"
    chrome: str = "remove"
    kinds: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Policy:
        """A policy from JSON. Raises `InvalidError` where it is none."""
        kinds, required = value.get("kinds", {}), value.get("required", ())
        unknown = set(value) - {"notice", "chrome", "kinds", "required"}
        if unknown or not isinstance(kinds, Mapping) or not isinstance(required, list | tuple):
            raise InvalidError(
                "A policy has notice, chrome, kinds (a map) and required (a list), and no more."
            )
        policy = cls(
            value.get("notice", "remove"), value.get("chrome", "remove"), dict(kinds), tuple(required)
        )
        for action in (policy.notice, policy.chrome, *policy.kinds.values()):
            if action not in ACTIONS:
                raise InvalidError(f"Unknown action {action!r}: use one of {', '.join(ACTIONS)}.")
        if not all(isinstance(kind, str) and len(kind) <= 40 for kind in (*policy.kinds, *policy.required)):
            raise InvalidError("A kind is a name of at most 40 characters, such as not_advice.")
        return policy

    def to_dict(self) -> dict[str, Any]:
        """The policy as JSON; `read` gives it back."""
        return {**asdict(self), "kinds": dict(self.kinds), "required": list(self.required)}

    def action(self, label: str, kinds: Sequence[str]) -> str:
        """What is done with a segment that is to be hidden: one of `ACTIONS`."""
        if label == "chrome":
            return self.chrome
        if set(kinds) & set(self.required):
            return "keep"
        return min(
            (self.kinds.get(kind, self.notice) for kind in kinds), key=ACTIONS.index, default=self.notice
        )


def ensure(session: Session, name: str) -> Source:
    """The source of this name, made if there is none. Raises `InvalidError` for a name too long or empty."""
    name = checked(name)
    source = by_name(session, name)
    if source is None:
        source = Source(name=name, policy=Policy().to_dict(), threshold=None, created=clock.now())
        session.add(source)
        session.flush()
    return source


def checked(name: str) -> str:
    """The name of a source without white space around. Raises `InvalidError`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST:
        raise InvalidError(f"A source has a name of 1 to {LONGEST} characters.")
    return name


def get(session: Session, source_id: int) -> Source:
    """A source by number. Raises `NotFoundError`."""
    source = session.get(Source, source_id)
    if source is None:
        raise NotFoundError(f"There is no source {source_id}.")
    return source


def by_name(session: Session, name: str) -> Source | None:
    """A source by name."""
    return session.scalars(select(Source).where(Source.name == name)).first()


def listed(session: Session) -> list[Source]:
    """All sources, by name."""
    return list(session.scalars(select(Source).order_by(Source.name)))


def set_policy(
    session: Session, person: Person, source_id: int, policy: Policy, threshold: float | None
) -> Source:
    """What is done with notices of a source from now on; `threshold`, 0 to 1, replaces the detector's."""
    require(person, "lead")
    if threshold is not None and not 0 <= threshold <= 1:
        raise InvalidError("A threshold is a probability from 0 to 1.")
    source = get(session, source_id)
    source.policy = Policy.read(policy.to_dict()).to_dict()
    source.threshold = threshold
    details = {"policy": source.policy, "threshold": threshold}
    journal.append(session, person.name, "policy", f"source {source.id}", details)
    return source
