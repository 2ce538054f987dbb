"""Taking articles in, and what that does to families."""

import textwrap
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from detector import Detector
from detector import families as detector_families
from web.data import (
    articles,
    families,
    intake,
    journal,
    nearness,
    outcome,
    placing,
    queue,
    reading,
    verdicts,
)
from web.data.errors import InvalidError, NotFoundError
from web.data.intake import Incoming
from web.data.schema import EVERYWHERE, UNASKED, Article, Band, Family, FamilySource, Person, Segment, Wording

STORY = "The harbour reopened on Monday after the storm had passed, and the ferries sailed again at noon."
NOTICE = (
    "The views expressed in this article are those of the author alone and do not necessarily reflect"
    " the opinion of {}. Nothing here is investment advice."
)
TEXT = f"{STORY}\n\n{NOTICE.format('Harbour Post')}"


def all_families(database):
    with database.reading() as session:
        return session.scalars(select(Family).order_by(Family.id)).all()


def notice(database):
    return next(family for family in all_families(database) if family.label == "notice")


def test_article_is_stored_with_all_that_was_said(database, judge, take_in):
    """Offsets, scores, kinds and evidence are those of the detector."""
    (result,) = take_in(TEXT)
    report = judge.analyze(TEXT)
    with database.reading() as session:
        article = articles.get(session, result.article_id)
        rows = articles.segments(session, article.id)
    assert (article.text, article.language, article.model) == (TEXT, "en", judge.model.name)
    assert [(r.start, r.end, r.label, tuple(r.kinds)) for r in rows] == [
        (s.start, s.end, s.label, s.kinds) for s in report.segments
    ]
    assert [r.score for r in rows] == pytest.approx([s.score for s in report.segments])
    assert rows[0].evidence is None
    start, end, weight = rows[1].evidence[0]
    top = judge.explain(report.segments[1].text).top(1)[0]
    assert (start, end) == (top.start, top.end)
    assert weight == pytest.approx(top.weight, abs=1e-3)


def test_same_article_is_left_alone(database, take_in):
    """Sent again, an article changes nothing."""
    take_in(TEXT)
    before = notice(database).copies
    assert [r.state for r in take_in(TEXT)] == ["unchanged"]
    assert notice(database).copies == before == 1
    with database.reading() as session:
        assert [entry.act for entry in journal.entries(session)] == ["intake"]


def test_changed_article_is_replaced(database, take_in):
    """Sent changed under its key, an article has one state, and families lose what is gone."""
    (first,) = take_in(TEXT)
    (second,) = take_in(STORY)
    assert (second.state, second.article_id) == ("replaced", first.article_id)
    with database.reading() as session:
        assert session.scalar(select(func.count(Segment.id))) == 1
        assert session.scalar(select(func.count()).select_from(FamilySource)) == 0
    gone = notice(database)
    assert (gone.copies, gone.source_count, gone.status) == (0, 0, "quiet")


def test_copies_are_one_family(database, take_in):
    """Other wrapping, case and numbers are copies; a family counts copies and sources."""
    wrapped = "\n\n".join(textwrap.fill(part, 60) for part in TEXT.split("\n\n"))
    take_in(TEXT, wrapped)
    take_in(TEXT.upper(), source="Other")
    family = notice(database)
    assert (family.copies, family.source_count) == (3, 2)


def test_near_copies_are_one_family(database, take_in):
    """Another name in the same notice finds the family, within a batch and later, and is remembered."""
    take_in(*(STORY + "\n\n" + NOTICE.format(name) for name in ("Harbour Post", "Alpha News")))
    take_in(NOTICE.format("Beta Daily"), source="Beta")
    assert notice(database).copies == 3
    with database.reading() as session:
        known = select(func.count()).select_from(Wording).where(Wording.family_id == notice(database).id)
        assert session.scalar(known) == 3


def test_sums_are_those_of_the_copies(database, take_in):
    """What is summed up as articles come and go is what counting anew gives."""
    take_in(TEXT, TEXT + "\n\nAll rights reserved.", NOTICE.format("Gamma"))
    take_in(TEXT, source="Other")
    take_in(STORY, NOTICE.format("Delta"))
    fields = ("copies", "source_count", "score", "chrome", "priority", "status")
    before = [[getattr(family, name) for name in fields] for family in all_families(database)]
    with database.writing() as session:
        for family in session.scalars(select(Family)).all():
            families.recount(session, family)
    after = [[getattr(family, name) for name in fields] for family in all_families(database)]
    for one, other in zip(before, after, strict=True):
        assert one[:2] + one[5:] == other[:2] + other[5:]
        assert one[2:5] == pytest.approx(other[2:5])


def stories(database):
    """The number of the family of each segment, notices left out."""
    with database.reading() as session:
        query = select(Segment).where(Segment.label == "editorial").order_by(Segment.id)
        return [segment.family_id for segment in session.scalars(query)]


def test_sure_story_is_asked_of_nobody(database, take_in, monkeypatch):
    """Story has no family, but the one it would have can be looked at; a notice is open and has keys.

    Nor is story compared with anything.
    """
    compared = []
    sketches = nearness.sketches
    monkeypatch.setattr(nearness, "sketches", lambda units: compared.extend(units) or sketches(units))
    take_in(TEXT, TEXT.upper())
    assert {unit.label for unit in compared} == {"notice"}
    take_in(STORY, source="Other")
    assert [f.status for f in all_families(database)] == ["open"]
    with database.reading() as session:
        assert set(session.scalars(select(Band.family_id))) == {notice(database).id}
        for number in stories(database):
            family = families.get(session, number)
            assert (family.status, family.text.upper()) == ("quiet", STORY.upper())
            assert (family.copies, family.source_count) == (3, 2)
            assert len(families.members(session, number)) == 3
            assert verdicts.history(session, number) == []
        of_one = articles.families(session, articles.segments(session, 3))
        assert [(family.id, family.verdict) for family in of_one.values()] == [(number, None)]
    assert [f.status for f in all_families(database)] == ["open"]


def test_verdict_on_story_reaches_all_copies(database, moderator, take_in):
    """Once a person has decided on what the detector is sure of, copies follow, those before and after."""
    results = take_in(STORY, textwrap.fill(STORY, 30))
    results += take_in(STORY, source="Other")
    number = stories(database)[1]
    with database.writing() as session:
        verdicts.decide(session, moderator, number, "hide", ["terms"])
        assert session.scalars(select(Wording.source_id)).all() == [EVERYWHERE]
    results += take_in(STORY.upper(), source="Later")
    (family,) = all_families(database)
    assert (family.copies, family.source_count, family.verdict) == (4, 3, "hide")
    with database.reading() as session:
        assert all(outcome.clean(session, result.article_id).text == "" for result in results)
        assert families.get(session, number).id == family.id
        assert [d.family_id for d in verdicts.history(session, number)] == [family.id]
        assert len(families.members(session, number)) == 4
    with database.writing() as session:
        verdicts.undo(session, moderator)
    with database.reading() as session:
        assert outcome.clean(session, results[0].article_id).text == STORY


def test_verdict_on_story_finds_near_copies(database, moderator, take_in):
    """Near copies that come after a verdict on what the detector is sure of find it."""
    take_in(STORY, "The museum opens a new wing for old maps of the coast in spring.")
    with database.writing() as session:
        verdicts.decide(session, moderator, stories(database)[0], "hide", ["terms"])
    take_in(STORY.replace("Monday", "Tuesday"), "Gulls breed on the roofs of the old town.", source="Other")
    (family,) = all_families(database)
    assert (family.copies, family.verdict) == (2, "hide")


def test_doubt_founds_a_family_beside_a_sure_near_copy(database, moderator, take_in, monkeypatch):
    """Of two near copies at once the one in question has a family, also where the sure one comes first."""
    take_in("Gulls breed on the roofs of the old town, and nobody minds them at all.")
    with database.writing() as session:
        verdicts.decide(session, moderator, stories(database)[0], "hide", ["terms"])
    sure = STORY.replace("Monday", "Tuesday")
    monkeypatch.setattr(placing, "is_asked", lambda unit: unit.text == STORY)
    take_in(f"{sure}\n\n{STORY}", source="Other")
    with database.reading() as session:
        placed = {session.get(Family, number).text for number in stories(database) if number < UNASKED}
        assert STORY in placed
        assert session.scalar(select(func.count(Segment.id)).where(Segment.placed.is_(None))) == 1


def test_oldest_of_equal_near_copies_is_joined(database, take_in, monkeypatch):
    """A wording that is as near to several families joins the oldest of those that share most keys."""
    words = "The views expressed here are those of the author alone and are not advice of any kind."
    with database.writing() as session:
        unit = reading.Unit(0, 9, words, "paragraph", "notice", 0.9, 0.0, (), "f" * 32)
        numbers = [placing.founded(session, unit).id for _ in range(3)]
        keys = detector_families.sketch(unit.text)
        for number in reversed(numbers):
            nearness.index(session, {number: keys})
        sketches = nearness.sketches([unit])
        assert nearness.near(session, [unit], sketches, ()) == {unit.fingerprint: numbers[0]}


def test_card_of_a_story_can_be_taken(database, moderator, take_in):
    """Whoever asks for the card of a story gets it, in its article."""
    take_in(STORY, STORY)
    with database.writing() as session:
        card = queue.card(session, moderator, stories(database)[0])
        assert (card.text, card.family.copies, card.family.status) == (STORY, 2, "quiet")
    with pytest.raises(NotFoundError), database.writing() as session:
        queue.card(session, moderator, UNASKED + 99)


def test_doubt_about_one_copy_takes_the_others_along(database, take_in, monkeypatch):
    """A wording that seemed sure and is in question in another article has all its copies in one family."""
    take_in(STORY, TEXT)
    monkeypatch.setattr(placing, "SURE", 0)
    take_in(STORY, source="Other")
    (family,) = [family for family in all_families(database) if family.label == "editorial"]
    assert (family.copies, family.source_count, family.status) == (3, 2, "open")
    assert set(stories(database)) == {family.id}
    with database.writing() as session:
        before = family.score, family.priority
        families.recount(session, session.get(Family, family.id))
        after = families.get(session, family.id)
        assert (after.score, after.priority) == pytest.approx(before)


def test_story_is_merged_into_a_notice(database, moderator, take_in):
    """A story that the detector missed as a copy of a notice can be made one with it, and not with itself."""
    take_in(TEXT)
    with database.writing() as session:
        one = families.merge(session, moderator, notice(database).id, stories(database)[0])
        assert one.copies == 2
        with pytest.raises(InvalidError):
            families.merge(session, moderator, one.id, one.id)


def test_notice_in_a_paragraph_is_a_family_of_its_own(database, take_in):
    """A notice sentence inside a paragraph is stored after it and found by its own wording."""
    text = f"{STORY} {STORY.replace('harbour', 'market')} This is not investment advice."
    (result,) = take_in(text)
    with database.reading() as session:
        whole, span = articles.segments(session, result.article_id)
        assert (whole.label, span.form, span.parent) == ("editorial", "span", whole.position)
        assert text[span.start : span.end].startswith("This is not")
        assert families.get(session, span.family_id).text.startswith("This is not")


def test_one_bad_article_stops_no_other(database, take_in):
    """Each gets its own result; a bad one says what to do."""
    bad = Incoming("<?xml version='1.0'?><data/>", "bad")
    results = take_in(TEXT, bad, Incoming(" \n", "blank"), Incoming(STORY, "k" * 301))
    assert [r.state for r in results] == ["stored", "refused", "refused", "refused"]
    assert "extract its text" in results[1].error
    assert "send the text" in results[2].error


def test_huge_text_is_refused(database, take_in):
    """100 MB of text is refused at once, with the limit."""
    (result,) = take_in(Incoming("word " * 20_000_000, "huge"))
    assert result.state == "refused"
    assert "at most 5,000,000 characters" in result.error


def test_many_segments_are_refused(database, take_in):
    """A text of very many paragraphs is refused with the limit."""
    (result,) = take_in("ab.\n\n" * (intake.MOST + 1))
    assert "at most 20,000 segments" in result.error


def test_odd_characters_are_kept(database, take_in):
    """NUL and lone surrogates come back as they were, and places still fit."""
    text = f"a\0b \ud800 {STORY}\n\nAll rights\0 reserved \udfff by us, do not copy."
    (result,) = take_in(Incoming(text, "odd\0\ud800", title="\0"))
    assert result.state == "stored"
    with database.reading() as session:
        article = articles.get(session, result.article_id)
        assert (article.text, article.key, article.title) == (text, "odd\0\ud800", "\0")
        for row in articles.segments(session, article.id):
            assert families.get(session, row.family_id).text == text[row.start : row.end]


def test_page_keeps_its_source(database, take_in):
    """Of HTML, the text is what a reader sees, with the place of each segment; the page is kept."""
    page = f"<html><body><p>{STORY}</p>\n<p>All rights reserved.</p></body></html>"
    (result,) = take_in(page)
    with database.reading() as session:
        article = articles.get(session, result.article_id)
        assert (article.html, article.format) == (page, "html")
        assert [row.line for row in articles.segments(session, article.id)] == [1, 2]


def test_same_key_twice_in_one_call(database, take_in):
    """The later of two with one key replaces the earlier."""
    results = take_in(Incoming(STORY, "a"), Incoming(TEXT, "a"))
    assert [r.state for r in results] == ["stored", "replaced"]
    assert notice(database).copies == 1


def test_new_model_keeps_verdicts(database, judge, moderator, take_in):
    """Analysed anew by another model, articles keep numbers and verdicts, of families and of places."""
    (result,) = take_in(TEXT)
    with database.writing() as session:
        verdicts.decide(session, moderator, notice(database).id, "keep")
        own = articles.segments(session, result.article_id)[0]
        articles.set_own(session, moderator, own.id, "hide")
    other = Detector(replace(judge.model, header={**judge.model.header, "release": "9"}), "eager")
    assert intake.reanalyse(database, other, "tests") == 1
    assert intake.reanalyse(database, other, "tests") == 0
    with database.reading() as session:
        article = session.scalars(select(Article)).one()
        rows = articles.segments(session, article.id)
        assert (article.id, article.model) == (result.article_id, other.model.name)
        assert rows[0].own_verdict == "hide"
        family = families.get(session, rows[1].family_id)
    assert (family.verdict, family.status, family.copies) == ("keep", "settled", 1)
    assert [r.state for r in intake.store(database, other, [Incoming(TEXT, "0")], "Harbour Post", "t")] == [
        "unchanged"
    ]


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_source_needs_a_name(database, take_in, name):
    """A name of a source is not empty and not endless."""
    with pytest.raises(InvalidError):
        take_in(TEXT, source=name)


def test_files_are_articles():
    """A file is an article; JSON Lines and feeds hold many, with their own keys."""
    assert list(intake.documents(TEXT.encode(), "a.txt")) == [Incoming(TEXT, "a.txt", "markdown")]
    line = b'{"text": "One.", "id": 7, "title": "T", "url": "https://harbour.example"}\n'
    (row,) = intake.documents(line, "a.jsonl")
    assert row == Incoming("One.", "7", title="T", url="https://harbour.example")
    feed = (
        b"<rss><channel><item><guid>g1</guid><description>Hello there.</description></item></channel></rss>"
    )
    (item,) = intake.documents(feed, "a.xml")
    assert "Hello there." in item.text


def test_many_articles_in_batches(database, take_in, monkeypatch):
    """However many come, each is stored once; one transaction holds a batch."""
    monkeypatch.setattr(intake, "BATCH", 3)
    results = take_in(*(f"{STORY} Part {i}.\n\n{NOTICE.format('us')}" for i in range(8)))
    assert len({r.article_id for r in results}) == 8
    assert notice(database).copies == 8
    with database.reading() as session:
        assert len(journal.entries(session)) == 3
        assert session.scalar(select(func.count(Person.id))) == 0


def test_same_key_again_and_again(database, take_in):
    """Of many with one key the last stands, also where it is what was there before."""
    take_in(Incoming(STORY, "a"))
    results = take_in(*(Incoming(text, "a") for text in (TEXT, STORY, TEXT, STORY)))
    assert [result.state for result in results] == ["replaced"] * 4
    with database.reading() as session:
        assert articles.get(session, results[0].article_id).text == STORY


@pytest.mark.parametrize("count", [1, 3, 7])
def test_source_that_breaks_off(database, judge, monkeypatch, count):
    """Where the source of articles fails, those that came before are stored and told of before it shows."""

    def broken():
        for i in range(count):
            yield Incoming(f"{STORY} Part {i}.", f"{i}")
        raise OSError("the disk is gone")

    monkeypatch.setattr(intake, "BATCH", 3)
    told = []
    with pytest.raises(OSError, match="the disk is gone"):
        for result in intake.stream(database, judge, broken(), "Harbour Post", "tests"):
            told.append(result.state)
    assert told == ["stored"] * count
    with database.reading() as session:
        assert articles.count(session) == count


def test_reader_that_stops(database, judge, monkeypatch):
    """Who stops listening loses no result that he was told of, and nothing is half stored."""
    monkeypatch.setattr(intake, "BATCH", 2)
    incoming = (Incoming(f"{STORY} Part {i}.", f"{i}") for i in range(9))
    results = intake.stream(database, judge, incoming, "Harbour Post", "tests")
    first = next(results)
    results.close()
    with database.reading() as session:
        assert articles.get(session, first.article_id).key == "0"
        assert articles.count(session) % 2 == 0
        assert journal.verify(session) is None
