"""Taking articles in, and what that does to families."""

import textwrap
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from detector import Detector
from web.data import articles, families, intake, journal
from web.data.errors import InvalidError
from web.data.intake import Incoming
from web.data.schema import Article, Band, Family, FamilySource, Person, Segment, Wording

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
        assert session.scalar(select(func.count()).select_from(FamilySource)) == 1
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


def test_sure_story_is_asked_of_nobody(database, take_in):
    """Story is quiet and has no keys; a notice is open."""
    take_in(TEXT)
    assert {f.label: f.status for f in all_families(database)} == {"editorial": "quiet", "notice": "open"}
    with database.reading() as session:
        assert set(session.scalars(select(Band.family_id))) == {notice(database).id}


def test_verdict_on_story_finds_near_copies(database, moderator, take_in):
    """Once a person has decided on what the detector is sure of, later near copies find that verdict."""
    from web.data import verdicts

    take_in(STORY)
    with database.writing() as session:
        verdicts.decide(session, moderator, all_families(database)[0].id, "hide", ["terms"])
    take_in(STORY.replace("Monday", "Tuesday"), source="Other")
    (family,) = all_families(database)
    assert (family.copies, family.verdict) == (2, "hide")


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
    from web.data import verdicts

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
