"""The queue, decisions, and taking them back."""

import threading

import pytest
from sqlalchemy import func, select, text, update

from tests.web.conftest import made
from web.data import articles, families, filters, journal, placing, queue, verdicts
from web.data.database import Database
from web.data.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from web.data.filters import Filter, conditions
from web.data.schema import Decision, Family, Lease, Segment

NOTICES = (
    "The views expressed here are those of the author alone and not those of the newspaper.",
    "Some of the links on this page are affiliate links, and we may earn a commission from them.",
    "All rights reserved. No part of this text may be copied without written permission of the publisher.",
    "Past performance is no guarantee of future results, and you may lose all of your capital.",
)
STORY = "The harbour reopened on Monday after the storm had passed, and the ferries sailed again at noon."


@pytest.fixture
def stock(database, take_in):
    """Four notices in articles of two sources; the first stands in most."""
    rest = ("", *NOTICES[1:])
    take_in(*(f"{STORY}\n\n{NOTICES[0]}\n\n{notice}" for notice in rest))
    take_in(f"{STORY}\n\n{NOTICES[0]}", source="Other")
    with database.reading() as session:
        rows = session.scalars(select(Family).where(Family.status == "open").order_by(Family.id)).all()
    return [row.id for row in rows]


def state(database, family_id):
    with database.reading() as session:
        family = families.get(session, family_id)
    return family.status, family.verdict


def taken(database, person, *arguments):
    with database.writing() as session:
        return queue.take(session, person, *arguments)


def decided(database, person, family_id, verdict, **more):
    with database.writing() as session:
        return verdicts.decide(session, person, family_id, verdict, **more)


def test_card_shows_its_context(database, moderator, stock):
    """A card has the text of a copy, its neighbours and what others said."""
    with database.writing() as session:
        card = queue.card(session, moderator, stock[0])
    assert card.text == NOTICES[0]
    assert [card.article.text[s.start : s.end] for s in card.before] == [STORY]
    assert card.article.text[card.segment.start : card.segment.end] == card.text
    assert card.decisions == ()


def test_next_card_is_worth_most(database, moderator, stock):
    """The most weighty family comes first, and what was decided does not come again."""
    with database.reading() as session:
        order = session.scalars(
            select(Family.id).where(Family.status == "open").order_by(Family.priority.desc(), Family.id)
        ).all()
    seen = []
    while card := taken(database, moderator):
        seen.append(card.family.id)
        decided(database, moderator, card.family.id, "hide")
    assert seen == order


def test_card_held_is_given_again(database, moderator, stock):
    """Who loads the page again gets the same card; skipped, it makes room for the next."""
    first = taken(database, moderator).family.id
    assert taken(database, moderator).family.id == first
    assert taken(database, moderator, None, [first]).family.id != first


def test_two_people_get_different_cards(database, moderator, lead, stock):
    """What one holds, the other neither gets nor may decide, until the lease is over."""
    mine, theirs = taken(database, moderator), taken(database, lead)
    assert mine.family.id != theirs.family.id
    with pytest.raises(ConflictError, match="Somebody else"):
        decided(database, lead, mine.family.id, "hide")
    with pytest.raises(ConflictError), database.writing() as session:
        queue.card(session, lead, mine.family.id)
    with database.writing() as session:
        queue.release(session, moderator)
        assert queue.card(session, lead, mine.family.id).family.id == mine.family.id


def test_lease_ends(database, moderator, lead, stock, clock):
    """A card that somebody forgot is free after five minutes."""
    mine = taken(database, moderator)
    clock.now += queue.LEASE
    assert taken(database, lead).family.id == mine.family.id
    with pytest.raises(ConflictError):
        decided(database, moderator, mine.family.id, "hide")


def test_filters_choose_cards(database, moderator, stock):
    """A filter holds for the next card and the counts."""
    with database.reading() as session:
        other = session.scalar(select(Family.id).where(Family.source_count == 2, Family.status == "open"))
        assert queue.counts(session, Filter(kind="sponsorship")) == {"open": 1}
        assert queue.counts(session, Filter(text="lose all of")) == {"open": 1}
        assert queue.counts(session, Filter(text="100%")) == {}
        assert queue.languages(session) == ["en"]
    assert taken(database, moderator, Filter(source_id=2)).family.id == other
    card = taken(database, moderator, Filter(kind="sponsorship"))
    assert card.text == NOTICES[1]
    assert taken(database, moderator, Filter(language="de")) is None
    assert taken(database, moderator, Filter(lowest=0.9, highest=1.0)) is not None
    assert taken(database, moderator, Filter(until=5)) is None


def plan(session, query):
    """How SQLite carries a query out, line by line."""
    told = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {told}"))]


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("filter", [Filter(kind="sponsorship"), Filter(source_id=2), Filter(kind="x")])
def test_common_and_rare_are_found_alike(database, moderator, stock, monkeypatch, filter, common):
    """What many families have is looked for in another way, which finds the same."""
    with database.reading() as session:
        families = select(Family.id).where(*conditions(filter)).order_by(Family.id)
        known = session.scalars(families).all()
        monkeypatch.setattr(filters, "COMMON", 0 if common else 1000)
        again = select(Family.id).where(*conditions(filter, session)).order_by(Family.id)
        assert session.scalars(again).all() == known
        waiting = select(Family.id).where(Family.status == "open", Family.id.in_(known))
        best = session.scalar(waiting.order_by(*queue._ORDER).limit(1))
    card = taken(database, moderator, filter)
    assert (card and card.family.id) == best


def test_common_kind_does_not_read_all(ready_sqlite, monkeypatch):
    """The next card of a common kind or source is read off the queue's index, in its order."""
    database = Database.open(ready_sqlite)
    monkeypatch.setattr(filters, "COMMON", -1)
    for filter in (Filter(kind="terms"), Filter(source_id=1), Filter(kind="terms", source_id=1)):
        with database.reading() as session:
            wanted = (Family.status == "open", *conditions(filter, session))
            first, *rest = plan(session, select(Family.id).where(*wanted).order_by(*queue._ORDER).limit(1))
        assert "ix_family_queue" in first
        assert not any("TEMP B-TREE" in line or "LIST SUBQUERY" in line for line in rest)
    database.close()


@pytest.mark.parametrize("value", [{"status": "odd"}, {"lowest": "x"}, {"other": 1}, {"source_id": 1 << 70}])
def test_bad_filter_is_refused(value):
    """A filter that means nothing says so."""
    with pytest.raises(InvalidError):
        Filter.read(value)


def test_filter_comes_back_from_json():
    """A form's empty fields are open, and numbers are numbers."""
    read = Filter.read({"source_id": "3", "lowest": "0.5", "kind": "", "language": "en"})
    assert read == Filter(source_id=3, lowest=0.5, language="en")
    assert Filter.read(read.to_dict()) == read


def test_rare_languages_get_their_share(database, moderator, stock, monkeypatch):
    """Of the cards, some come from languages and kinds in turn, however little they weigh."""
    with database.writing() as session:
        session.execute(update(Family).where(Family.id == stock[-1]).values(language="sv", priority=0.0001))
    seen = []
    monkeypatch.setattr(queue, "SHARE", 1)
    for _ in range(4):
        card = taken(database, moderator)
        seen.append(card.family.language)
        with database.writing() as session:
            queue.release(session, moderator)
    assert "sv" in seen


def test_decision_settles_every_copy(database, moderator, stock, take_in):
    """A verdict holds for the family, also for a copy that comes later."""
    decided(database, moderator, stock[0], "keep")
    assert state(database, stock[0]) == ("settled", "keep")
    take_in(NOTICES[0].upper(), source="Later")
    assert state(database, stock[0]) == ("settled", "keep")
    with database.reading() as session:
        assert families.get(session, stock[0]).copies == 6


def test_doubt_goes_to_a_second_person_and_then_to_a_lead(database, moderator, lead, stock):
    """Unsure is asked of another, then of a lead alone; who has answered is not asked again."""
    family = stock[0]
    other = made(database, "Max")
    only = Filter(text=NOTICES[0])
    decided(database, moderator, family, "unsure")
    assert state(database, family) == ("second", None)
    assert taken(database, moderator, only) is None
    card = taken(database, other, only)
    assert [d.verdict for d in card.decisions] == ["unsure"]
    decided(database, other, family, "unsure")
    assert state(database, family) == ("lead", None)
    assert taken(database, made(database, "Mia"), only) is None
    with pytest.raises(RefusedError):
        decided(database, other, family, "hide")
    assert taken(database, lead).family.id == family
    decided(database, lead, family, "hide")
    assert state(database, family) == ("settled", "hide")


def test_undo_goes_back_step_by_step(database, moderator, stock):
    """Undo takes back one act after the other, the last first, until nothing is left."""
    for family, verdict in zip(stock, ("hide", "keep", "unsure"), strict=False):
        decided(database, moderator, family, verdict)
    decided(database, moderator, stock[0], "keep")
    for family, after in [
        (stock[0], ("settled", "hide")),
        (stock[2], ("open", None)),
        (stock[1], ("open", None)),
        (stock[0], ("open", None)),
    ]:
        with database.writing() as session:
            assert verdicts.undo(session, moderator).family_id == family
        assert state(database, family) == after
    with database.writing() as session:
        assert verdicts.undo(session, moderator) is None
        assert journal.verify(session) is None


def test_undo_is_for_ones_own(database, moderator, lead, stock):
    """Another's decision is not taken back but by a lead, and none twice."""
    decision = decided(database, moderator, stock[0], "hide")
    other = made(database, "Max")
    with database.writing() as session:
        assert verdicts.undo(session, other) is None
        with pytest.raises(NotFoundError):
            verdicts.undo_decision(session, other, decision.id)
        verdicts.undo_decision(session, lead, decision.id)
        with pytest.raises(ConflictError):
            verdicts.undo_decision(session, lead, decision.id)
        assert [d.undone is None for d in verdicts.history(session, stock[0])] == [False]


def test_kinds_and_span_are_mended(database, moderator, stock):
    """A person's kinds and span replace the detector's, and undo brings those back."""
    with database.reading() as session:
        before = queue.counts(session, Filter(kind="terms"))
    decided(database, moderator, stock[0], "hide", kinds=["terms", "terms"], span=(0, 9))
    with database.reading() as session:
        family = families.get(session, stock[0])
        assert (family.verdict_kinds, family.span) == (["terms"], [0, 9])
        assert queue.counts(session, Filter(kind="terms")) != before
    with database.writing() as session:
        verdicts.undo(session, moderator)
        family = families.get(session, stock[0])
        assert (family.verdict_kinds, family.span) == (None, None)
        assert queue.counts(session, Filter(kind="terms")) == before


@pytest.mark.parametrize(
    "given",
    [
        {"verdict": "maybe"},
        {"verdict": "hide", "kinds": "terms"},
        {"verdict": "hide", "kinds": [""]},
        {"verdict": "hide", "kinds": ["k"] * 21},
        {"verdict": "hide", "span": (5, 5)},
        {"verdict": "hide", "span": (0, 9999)},
        {"verdict": "keep", "span": (0, 5)},
    ],
)
def test_bad_verdict_is_refused(database, moderator, stock, given):
    """What is no verdict changes nothing."""
    with pytest.raises(InvalidError), database.writing() as session:
        verdicts.decide(session, moderator, stock[0], **given)
    assert state(database, stock[0]) == ("open", None)


def test_reader_decides_nothing(database, stock):
    """A reader gets no card and no verdict."""
    reader = made(database, "Ann", "reader")
    for act in (
        lambda session: queue.take(session, reader),
        lambda session: verdicts.decide(session, reader, stock[0], "hide"),
        lambda session: verdicts.undo_decision(session, reader, 1),
        lambda session: families.merge(session, reader, *stock[:2]),
        lambda session: articles.set_own(session, reader, 1, "hide"),
    ):
        with pytest.raises(RefusedError), database.writing() as session:
            act(session)


def test_many_at_once_lose_and_double_nothing(database, stock, take_in):
    """Eight people who work at once decide every card, each card once."""
    take_in(*(f"{STORY} Day {i}.\n\nCopyright {name}. All rights reserved." for i, name in enumerate(WORDS)))
    people = [made(database, f"P{i}") for i in range(8)]
    errors = []

    def work(person):
        try:
            while card := taken(database, person):
                decided(database, person, card.family.id, "hide")
        except BaseException as error:
            errors.append(error)

    with database.reading() as session:
        waiting = queue.counts(session)["open"]
    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as session:
        assert queue.counts(session).get("open", 0) == 0
        assert session.scalar(select(func.count(Decision.id))) == waiting
        assert session.scalar(select(func.count(func.distinct(Decision.family_id)))) == waiting
        assert session.scalar(select(func.count()).select_from(Lease)) == 0
        assert journal.verify(session) is None


WORDS = "Amber Birch Cedar Dune Ember Fjord Gull Heron Iris Juniper Kelp Larch".split()


def test_two_decide_one_card_at_once(database, stock):
    """Of two who decide one card in the same moment, both are heard, and their dissent is a lead's."""
    people = [made(database, f"P{i}") for i in range(2)]
    barrier = threading.Barrier(2)

    def work(person, verdict):
        barrier.wait()
        decided(database, person, stock[0], verdict)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(people, ("hide", "keep"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state(database, stock[0]) in (("lead", None),)


def test_split_wording_is_asked_anew(database, moderator, stock, take_in):
    """A near copy parted from its family has its own verdict, now and in articles to come."""
    other = NOTICES[0].replace("newspaper", "harbour board")
    take_in(f"{STORY}\n\n{other}", source="Board")
    decided(database, moderator, stock[0], "hide")
    with database.writing() as session:
        assert families.get(session, stock[0]).copies == 6
        segment, _ = families.members(session, stock[0], limit=1)[0]
        new = families.split(session, moderator, segment.id)
        assert (new.status, new.verdict, new.copies) == ("open", None, 1)
        assert families.get(session, stock[0]).copies == 5
        with pytest.raises(ConflictError):
            families.split(session, moderator, segment.id)
    take_in(other.upper(), source="Later")
    with database.reading() as session:
        assert families.get(session, new.id).copies == 2


def test_split_at_one_source(database, moderator, stock, take_in):
    """Parted at one source, the same wording elsewhere stays where it was."""
    with database.writing() as session:
        segment, _ = families.members(session, stock[0], limit=1)[0]
        new = families.split(session, moderator, segment.id, whole_source=True)
        assert (new.copies, families.get(session, stock[0]).copies) == (1, 4)
    take_in(*[NOTICES[0]] * 2, source="Other")
    take_in(NOTICES[0], source="Third")
    with database.reading() as session:
        assert families.get(session, new.id).copies == 2
        assert families.get(session, stock[0]).copies == 5


def test_merge_joins_copies_and_decisions(database, moderator, stock, take_in):
    """Two families made one have all copies, and what was decided on either counts."""
    decided(database, moderator, stock[1], "keep")
    taken(database, made(database, "Max"))
    with database.writing() as session:
        with pytest.raises(InvalidError):
            families.merge(session, moderator, stock[0], stock[0])
        one = families.merge(session, moderator, stock[0], stock[1])
        assert (one.copies, one.status, one.verdict) == (6, "settled", "keep")
    with pytest.raises(NotFoundError), database.reading() as session:
        families.get(session, stock[1])
    take_in(NOTICES[1], source="Later")
    with database.reading() as session:
        assert families.get(session, stock[0]).copies == 7


def test_numbers_are_not_given_again(database, moderator, stock, take_in):
    """Who acts on a segment or family that is gone hits no other that came after it."""
    with database.writing() as session:
        families.merge(session, moderator, stock[0], stock[-1])
        old = session.scalar(select(func.max(Segment.id)))
    take_in("", source="Other")
    take_in("Entirely new words about gulls, herons and boats.\n\nThis is an advertisement.", source="Other")
    with database.reading() as session:
        assert session.get(Family, stock[-1]) is None
        newest = session.scalars(select(Segment.id).order_by(Segment.id.desc()).limit(2)).all()
        assert min(newest) > old


def test_worth_of_an_answer():
    """Doubt and copies make an answer worth more; a sure notice is worth a little, more with many copies."""
    worth = placing.priority
    assert worth("notice", 0.5, 0, 10) > worth("notice", 0.9, 0, 10) > worth("notice", 0.999, 0, 10) > 0
    assert worth("notice", 0.7, 0, 1000) > worth("notice", 0.7, 0, 1)
    assert worth("unsure", 0.0, 0, 1) > worth("notice", 0.9, 0, 1)
    assert worth("chrome", 0.1, 0.4, 1) > worth("chrome", 0.1, 0.9, 1)
