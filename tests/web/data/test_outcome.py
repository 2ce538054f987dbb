"""What readers get."""

import pytest

from detector import page, strip
from web.data import articles, outcome, sources, verdicts
from web.data.errors import DataError, NotFoundError
from web.data.intake import Incoming
from web.data.schema import Article
from web.data.sources import Policy

STORY = "The harbour reopened on Monday after the storm had passed, and the ferries sailed again at noon."
OPINION = "The views expressed here are those of the author alone and not those of the newspaper."
RIGHTS = "All rights reserved. No part of this text may be copied without written permission."
TEXT = f"{STORY}\n\n{OPINION}\n\n{STORY.replace('noon', 'two')}\n\n{RIGHTS}"
PAGE = (
    f'<html><body><p>{STORY}</p><p id="o">{OPINION}</p><p>{STORY}</p><div><p>{RIGHTS}</p></div></body></html>'
)


@pytest.fixture
def article(take_in):
    """The number of an article with two notices."""
    return take_in(TEXT)[0].article_id


def clean(database, number):
    with database.reading() as session:
        return outcome.clean(session, number)


def rows(database, number):
    with database.reading() as session:
        return articles.segments(session, number)


def decide(database, person, row, verdict, **more):
    with database.writing() as session:
        return verdicts.decide(session, person, row.family_id, verdict, **more)


def set_policy(database, lead, policy, threshold=None):
    with database.writing() as session:
        sources.set_policy(session, lead, 1, policy, threshold)


def test_without_verdicts_it_is_what_strip_gives(database, article):
    """Until somebody decides, the detector's word stands, to the character."""
    assert clean(database, article).text == strip(TEXT)


def test_verdicts_go_before_the_detector(database, moderator, article):
    """What was kept stays, what was hidden goes, also where the detector saw story."""
    story, opinion, *_ = rows(database, article)
    decide(database, moderator, opinion, "keep")
    decide(database, moderator, story, "hide", kinds=["terms"])
    found = clean(database, article)
    assert OPINION in found.text
    assert STORY not in found.text
    assert [(p.why, p.action, p.label) for p in found.parts] == [
        ("verdict", "remove", "notice"),
        ("verdict", "keep", "editorial"),
        ("detector", "remove", "notice"),
    ]


def test_verdict_on_a_place_goes_first(database, moderator, article):
    """One place can differ from its family, and go back to it."""
    opinion = rows(database, article)[1]
    decide(database, moderator, opinion, "hide")
    with database.writing() as session:
        articles.set_own(session, moderator, opinion.id, "keep")
    assert OPINION in clean(database, article).text
    with database.writing() as session:
        articles.set_own(session, moderator, opinion.id, None)
    assert OPINION not in clean(database, article).text


def test_span_is_hidden_alone(database, moderator, take_in):
    """Of a wording, a person may hide a part; it goes from every copy, whatever its wrapping."""
    text = f"{STORY} Thanks to our partner Gull & Sons. {STORY}"
    wrapped = text.replace("partner Gull", "partner\nGull")
    first, second = (result.article_id for result in take_in(text, wrapped))
    start = text.index("Thanks")
    decide(
        database, moderator, rows(database, first)[0], "hide", span=(start, start + 34), kinds=["sponsorship"]
    )
    for number in (first, second):
        found = clean(database, number).text
        assert "Gull" not in found
        assert found.count("harbour reopened") == 2


def test_policy_says_what_is_done(database, lead, article):
    """Kept, tagged and collapsed notices stay in the text; required ones always do."""
    set_policy(database, lead, Policy(kinds={"copyright": "tag"}))
    found = clean(database, article)
    assert RIGHTS in found.text
    assert OPINION not in found.text
    set_policy(database, lead, Policy(required=("copyright",)))
    parts = {p.kinds[0]: (p.action, p.why) for p in clean(database, article).parts}
    assert parts == {"third_party": ("remove", "detector"), "copyright": ("keep", "policy")}


def test_threshold_of_a_source(database, lead, article):
    """A source may be stricter or looser than the detector."""
    set_policy(database, lead, Policy(), 1.0)
    assert clean(database, article).text == TEXT
    set_policy(database, lead, Policy(), 0.0)
    assert clean(database, article).text.strip() == ""


def test_etag_changes_with_the_outcome(database, moderator, article):
    """The tag is the same for the same outcome, and another for another."""
    before = clean(database, article).etag
    assert clean(database, article).etag == before
    decide(database, moderator, rows(database, article)[1], "keep")
    after = clean(database, article).etag
    assert after != before
    with database.writing() as session:
        verdicts.undo(session, moderator)
    assert clean(database, article).etag == before


def test_page_is_cut_and_marked(database, lead, take_in):
    """Of a page, what is removed goes, and what is tagged or collapsed is marked; the rest is as it was."""
    number = take_in(PAGE)[0].article_id
    assert clean(database, number).html == PAGE.replace(f'<p id="o">{OPINION}</p>', "").replace(
        f"<p>{RIGHTS}</p>", ""
    ).replace("<div></div>", "")
    set_policy(database, lead, Policy(kinds={"copyright": "collapse", "third_party": "tag"}))
    html = clean(database, number).html
    assert f'<aside class="notice" data-kinds="third_party"><p id="o">{OPINION}</p></aside>' in html
    assert (
        f'<aside class="notice" data-action="collapse" data-kinds="copyright"><p>{RIGHTS}</p></aside>' in html
    )
    set_policy(database, lead, Policy(kinds={"copyright": "remove", "third_party": "collapse"}))
    html = clean(database, number).html
    assert RIGHTS not in html
    assert 'data-action="collapse" data-kinds="third_party"' in html
    assert page.read(html).text == clean(database, number).text


def test_legal_page_stays_whole(database, moderator, take_in):
    """A page of terms is left as it is, but for what a person hid."""
    text = f"{OPINION}\n\n{RIGHTS}\n\nThis is not investment advice, and you may lose all your capital."
    number = take_in(text)[0].article_id
    found = clean(database, number)
    assert (found.legal_page, found.text) == (True, text)
    decide(database, moderator, rows(database, number)[1], "hide")
    assert RIGHTS not in clean(database, number).text


def test_odd_text_comes_out(database, take_in):
    """Control characters and lone surrogates are no trouble."""
    text = f"\0{STORY} \ud800\n\n{RIGHTS}"
    number = take_in(Incoming(text, "odd"))[0].article_id
    assert clean(database, number).text.rstrip() == f"\0{STORY} \ud800"


def test_page_that_reads_differently_is_told(database, take_in):
    """Places that no longer fit are not guessed."""
    number = take_in(PAGE)[0].article_id
    with database.writing() as session:
        session.get(Article, number).html = PAGE.replace("harbour", "market")
    with pytest.raises(DataError, match="reanalyse"):
        clean(database, number)


def test_many(database, article):
    """Several at once, and one that is not there."""
    with database.reading() as session:
        assert [c.article_id for c in outcome.clean_many(session, [article])] == [article]
        with pytest.raises(NotFoundError):
            outcome.clean_many(session, [article, 99])
