"""The tables. Times are seconds since 1970, UTC; lists and maps are JSON; offsets are characters."""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from web.data.columns import AnyText, Json

ROLES = ("reader", "moderator", "lead")
VERDICTS = ("hide", "keep", "unsure")
#: Of a family: asked of anyone, of a second person, of a lead; settled; surely editorial, so not asked.
STATUSES = ("open", "second", "lead", "settled", "quiet")
#: What is done with a notice, the mildest first.
ACTIONS = ("keep", "tag", "collapse", "remove")
#: The source of a wording that holds for all sources.
EVERYWHERE = 0
#: A wording that nobody is asked about has no family yet. The number that stands for one is that of a
#: segment with it, and this; no family gets there by counting, and JSON still holds it.
UNASKED = 1 << 40

#: Words of ours, ASCII: they need no escapes.
Word = Annotated[str, mapped_column(Text)]
#: Sixty-four bits; SQLite numbers rows by themselves only in a column named INTEGER.
Big = BigInteger().with_variant(Integer, "sqlite")
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


#: Numbers of rows that are gone are not given again, so that nobody decides on another than he saw.
_NEW = {"sqlite_autoincrement": True}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {int: Big, str: AnyText, dict[str, Any]: Json, list[Any]: Json}  # noqa: RUF012


def _id() -> Mapped[int]:
    return mapped_column(primary_key=True, autoincrement=True)


def _to(column: str, index: bool = False, gone: str | None = None) -> Mapped[Any]:
    return mapped_column(ForeignKey(column, ondelete=gone), index=index)


class Person(Base):
    """Somebody who may sign in. `keys` maps acts to keys of the keyboard; `cards` counts those taken."""

    __tablename__ = "person"
    id: Mapped[int] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    role: Mapped[Word]
    active: Mapped[bool] = mapped_column(default=True)
    keys: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[int]
    cards: Mapped[int] = mapped_column(default=0)


class Login(Base):
    """A browser that is signed in; `hash` is that of the key in its cookie."""

    __tablename__ = "login"
    id: Mapped[int] = _id()
    hash: Mapped[Word] = mapped_column(unique=True)
    person_id: Mapped[int] = _to("person.id", index=True)
    created: Mapped[int]
    expires: Mapped[int]


class SetupLink(Base):
    """A link by which a person is made, or, with `person_id`, gets a new password; good for one use."""

    __tablename__ = "setup_link"
    id: Mapped[int] = _id()
    hash: Mapped[Word] = mapped_column(unique=True)
    role: Mapped[Word]
    person_id: Mapped[int | None] = _to("person.id")
    expires: Mapped[int]
    used: Mapped[int | None]


class Attempt(Base):
    """A sign-in that failed."""

    __tablename__ = "attempt"
    id: Mapped[int] = _id()
    name: Mapped[str]
    at: Mapped[int]
    __table_args__ = (Index(None, "name", "at"),)


class Token(Base):
    """A key to the API, kept as its hash."""

    __tablename__ = "token"
    id: Mapped[int] = _id()
    person_id: Mapped[int] = _to("person.id", index=True)
    name: Mapped[str]
    hash: Mapped[Word] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    created: Mapped[int]
    expires: Mapped[int | None]
    revoked: Mapped[int | None]


class Source(Base):
    """A publisher, with what is done with its notices; `threshold` replaces the detector's, 0 to 1."""

    __tablename__ = "source"
    id: Mapped[int] = _id()
    name: Mapped[str] = mapped_column(unique=True)
    policy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    threshold: Mapped[float | None]
    created: Mapped[int]


class Article(Base):
    """A text as its reader sees it; `html` is the page that it was read from, `digest` that of the input.

    `segments`, `notices` and `score_sum` sum up what the detector said, for the figures by week.
    """

    __tablename__ = "article"
    id: Mapped[int] = _id()
    source_id: Mapped[int] = _to("source.id")
    key: Mapped[str]
    title: Mapped[str | None]
    url: Mapped[str | None]
    format: Mapped[Word]
    text: Mapped[str]
    html: Mapped[str | None]
    language: Mapped[Word | None]
    model: Mapped[Word] = mapped_column(index=True)
    legal_page: Mapped[bool]
    added: Mapped[int]
    analysed: Mapped[int]
    digest: Mapped[Word]
    week: Mapped[int]
    segments: Mapped[int]
    notices: Mapped[int]
    score_sum: Mapped[float]
    __table_args__ = (UniqueConstraint("source_id", "key"), Index(None, "week", "source_id"), _NEW)


class Segment(Base):
    """A piece of an article, or, with form "span", a notice inside the segment at position `parent`.

    `evidence` has `[start, end, weight]` of the words that weighed most, in characters of the segment.
    `own_verdict` holds at this place alone. `placed` is None where the wording has no family: it is surely
    editorial, and nobody has decided on it.
    """

    __tablename__ = "segment"
    __table_args__ = _NEW
    id: Mapped[int] = _id()
    article_id: Mapped[int] = _to("article.id", index=True)
    parent: Mapped[int | None]
    position: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]
    form: Mapped[Word]
    label: Mapped[Word]
    score: Mapped[float]
    chrome: Mapped[float]
    kinds: Mapped[list[Any]]
    evidence: Mapped[list[Any] | None]
    fingerprint: Mapped[Word]
    placed: Mapped[int | None] = mapped_column("family_id", ForeignKey("family.id"))
    xpath: Mapped[str | None]
    line: Mapped[int | None]
    own_verdict: Mapped[Word | None]

    @property
    def family_id(self) -> int:
        """The number of its family, or the one that stands for the family that it would found."""
        return UNASKED + self.id if self.placed is None else self.placed


_UNPLACED, _PLACED = Segment.placed.is_(None), Segment.placed.is_not(None)
Index("ix_segment_family_id", Segment.placed, sqlite_where=_PLACED, postgresql_where=_PLACED)
Index("ix_segment_unasked", Segment.fingerprint, sqlite_where=_UNPLACED, postgresql_where=_UNPLACED)


class Family(Base):
    """All copies of one wording; `text` is its first. What is said of it is the mean of its copies.

    `base` is its status while nobody has decided, `kind` the first of `kinds`; `verdict_kinds` and `span`
    mend what the detector said.
    """

    __tablename__ = "family"
    __table_args__ = _NEW
    id: Mapped[int] = _id()
    fingerprint: Mapped[Word]
    text: Mapped[str]
    language: Mapped[Word | None]
    label: Mapped[Word]
    score: Mapped[float]
    chrome: Mapped[float]
    kinds: Mapped[list[Any]]
    kind: Mapped[Word | None]
    copies: Mapped[int]
    source_count: Mapped[int]
    status: Mapped[Word]
    base: Mapped[Word]
    verdict: Mapped[Word | None]
    verdict_kinds: Mapped[list[Any] | None]
    span: Mapped[list[Any] | None]
    priority: Mapped[float]
    first_seen: Mapped[int]
    last_seen: Mapped[int]


#: What an index is limited to, so that a verdict moves a family in few of them. A query finds such an index
#: only where it says the same in the same words.
OPEN = Family.status == literal_column("'open'")
QUIET = Family.base == literal_column("'quiet'")
WAITING = Family.status.in_([literal_column(f"'{status}'") for status in ("open", "second", "lead")])
Index("ix_family_queue", Family.status, Family.priority.desc(), Family.id)
for _name, _columns, _where in (
    ("ix_family_kind", (Family.kind, Family.priority.desc()), OPEN),
    ("ix_family_language", (Family.language, Family.priority.desc()), OPEN),
    ("ix_family_age", (Family.first_seen,), WAITING),
    ("ix_family_base", (Family.status,), QUIET),
):
    Index(_name, *_columns, sqlite_where=_where, postgresql_where=_where)


class Wording(Base):
    """Which family a wording belongs to: at one source, or by `EVERYWHERE` at all others."""

    __tablename__ = "wording"
    fingerprint: Mapped[Word] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    family_id: Mapped[int] = _to("family.id", index=True)


class Band(Base):
    """A key by which near copies of a family are found."""

    __tablename__ = "band"
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)


class FamilySource(Base):
    """How many copies of a family a source has."""

    __tablename__ = "family_source"
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)
    copies: Mapped[int]


class FamilyKind(Base):
    """A kind that the detector or a person sees in a family."""

    __tablename__ = "family_kind"
    kind: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, index=True)


class Batch(Base):
    """One verdict on all that matches a filter. `cursor` is the last family done, `last` the last to do."""

    __tablename__ = "batch"
    id: Mapped[int] = _id()
    person_id: Mapped[int] = _to("person.id")
    filter: Mapped[dict[str, Any]]
    verdict: Mapped[Word]
    kinds: Mapped[list[Any] | None]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    last: Mapped[int]
    state: Mapped[Word]
    made: Mapped[int]


class Decision(Base):
    """One act of a person on a family, in the role that he had. Those of a running batch do not count yet."""

    __tablename__ = "decision"
    id: Mapped[int] = _id()
    batch_id: Mapped[int | None] = _to("batch.id", index=True)
    family_id: Mapped[int] = _to("family.id", index=True)
    person_id: Mapped[int] = _to("person.id")
    role: Mapped[Word]
    verdict: Mapped[Word]
    kinds: Mapped[list[Any] | None]
    span: Mapped[list[Any] | None]
    made: Mapped[int] = mapped_column(index=True)
    undone: Mapped[int | None]
    __table_args__ = (Index(None, "person_id", "id"),)


class Lease(Base):
    """A card is with one person until `until`."""

    __tablename__ = "lease"
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = _to("person.id", index=True)
    until: Mapped[int]


class Entry(Base):
    """A line of the journal."""

    __tablename__ = "journal"
    id: Mapped[int] = _id()
    at: Mapped[int]
    person: Mapped[str]
    act: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]]
    previous: Mapped[Word]
    hash: Mapped[Word]


class Hook(Base):
    """A URL that is told of verdicts; the secret signs what it is told."""

    __tablename__ = "hook"
    id: Mapped[int] = _id()
    url: Mapped[str]
    secret: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[int]


class Delivery(Base):
    """A message to a hook, written with what it tells of; `next_try` is None when there is none to come."""

    __tablename__ = "outbox"
    id: Mapped[int] = _id()
    hook_id: Mapped[int] = _to("hook.id", index=True)
    event: Mapped[Word]
    body: Mapped[dict[str, Any]]
    created: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[int | None] = mapped_column(index=True)
    delivered: Mapped[int | None]
    error: Mapped[str | None]
