"""Articles: the list, and one beside what readers get."""

import re

import pytest

from web.data import articles, sources
from web.data.sources import Policy


@pytest.fixture
def rows(database, article):
    """The segments of the article."""
    with database.reading() as session:
        return articles.segments(session, article)


@pytest.fixture
def policy(database, lead, article):
    """Sets the policy of the article's source: `policy(notice="tag")`."""

    def put(threshold=None, **values):
        with database.writing() as session:
            source = sources.by_name(session, "Tidewater Post")
            sources.set_policy(session, lead.person, source.id, Policy(**values), threshold)

    return put


def halves(page):
    """What readers get, and what came in, as text without tags."""
    bare = re.sub(r"<[^>]+>", "", page[page.index('class="beside"') :])
    return bare.split("As it came in", 1)


def test_beside(reader, article):
    """A reader sees the story without its notices beside the original with all of them."""
    left, right = halves(reader.get(f"/articles/{article}").text)
    assert "first ferry" in left and "not investment advice" not in left and "rights" not in left
    assert "first ferry" in right and "not investment advice" in right and "Copyright" in right


def test_places_are_turned(moderator, article, rows):
    """One place is shown or hidden by hand, whatever holds elsewhere, and goes back to that."""
    path, advice = f"/articles/{article}/places", rows[1]
    left, right = halves(moderator.post(path, own=f"keep:{advice.id}").text)
    assert "not investment advice" in left and "by hand" in right
    left, _ = halves(moderator.post(path, own=f"hide:{rows[0].id}").text)
    assert "first ferry" not in left
    left, right = halves(moderator.post(path, own=f"family:{advice.id}").text)
    assert "not investment advice" not in left


@pytest.mark.parametrize("own", ["", "burn:1", "hide:", "hide:x", "hide:²"])
def test_places_that_are_none(moderator, article, own):
    """What is no place is refused with the reason."""
    assert moderator.post(f"/articles/{article}/places", own=own).status_code == 422


def test_readers_turn_nothing(reader, article, rows):
    """A reader has no buttons, and a form of his is refused."""
    assert "Hide here" not in reader.get(f"/articles/{article}").text
    assert reader.post(f"/articles/{article}/places", own=f"hide:{rows[0].id}").status_code == 403


def test_collapsed_and_tagged(reader, article, policy):
    """What the policy collapses is folded up, what it tags has its kind beside it."""
    policy(notice="collapse", kinds={"copyright": "tag"})
    page = reader.get(f"/articles/{article}").text
    assert re.search(r'<details class="collapsed"><summary>Not advice', page)
    assert re.search(r'<p class="tagged" dir="auto"><span class="chip kind">Copyright', page)


def test_required_stays(reader, article, policy):
    """A required notice is in the story, and its mark says that the policy keeps it."""
    policy(required=("not_advice",))
    left, right = halves(reader.get(f"/articles/{article}").text)
    assert "not investment advice" in left and "by policy" in right


def test_strange_text_is_harmless(reader, store):
    """Code in a text is shown as text, and characters that nobody sees have labels."""
    text = "<script>alert(1)</script> came \u202eback\u202c with \x00 and \ud800 on Monday.\n\n<b>x</b>"
    number = store(text, title="<i>Loud</i> \u202e \ud800", key="k\u202e", source="<u>S</u>")
    for path in (f"/articles/{number}", "/articles", "/queue", "/journal"):
        page = reader.get(path).text
        assert "<script>alert" not in page and "<i>Loud" not in page and "<u>S" not in page
        assert "\u202e" not in page and "\x00" not in page
    page = reader.get(f"/articles/{number}").text
    assert "&lt;script&gt;" in page and ">RLO</span>" in page and ">NUL</span>" in page and "U+D800" in page


def test_pages_are_never_live(reader, store):
    """Of an HTML article its text is shown, not its elements."""
    html = (
        '<h1>Port</h1><p onclick="x()">It opened on <a href="https://x.example">Monday</a>.</p><form></form>'
    )
    number = store(f"<html><body>{html}</body></html>", format="html", key="h")
    page = reader.get(f"/articles/{number}").text
    assert "It opened on Monday." in page and "x.example" not in page and "onclick" not in page


def test_links_lead_to_the_web_only(reader, store):
    """The address of an article is a link only where it is one of the web."""
    good = store("One story of the harbour.", key="1", url="https://example.org/1")
    bad = store("Another story of the harbour.", key="2", url="javascript:alert(1)")
    worse = store("A third story of the harbour.", key="3", url="http://[x")
    assert 'href="https://example.org/1"' in reader.get(f"/articles/{good}").text
    assert "javascript:" not in reader.get(f"/articles/{bad}").text
    assert reader.get(f"/articles/{worse}").status_code == 200


def test_directions(reader, store):
    """Each block of an Arabic article runs from the right, and names in lists are isolated."""
    number = store(
        "قال تجار في الميناء إن الأسعار ارتفعت هذا الأسبوع بعد تأخر السفن.", key="ar", title="أسعار القمح"
    )
    page = reader.get(f"/articles/{number}").text
    assert '<p dir="auto">قال' in page and 'lang="ar"' in page
    assert "<bdi>أسعار القمح</bdi>" in reader.get("/articles").text


def test_long_article_comes_in_parts(reader, store):
    """A very long article is shown in parts, all of which can be reached."""
    number = store(
        "\n\n".join(f"Day {i} was calm in the harbour of the town." for i in range(700)), key="long"
    )
    first = reader.get(f"/articles/{number}").text
    last = reader.get(f"/articles/{number}?from=600").text
    assert "Day 299 was" in first and "Day 300 was" not in first and "from=300" in first
    assert "Day 699 was" in last


def test_list_is_searched(reader, store):
    """The list has the newest first, and finds by title and source."""
    store("One story of the harbour.", key="1", title="Ferry strike")
    store("Another story of the harbour.", key="2", title="Wheat prices", source="Other Wire")
    page = reader.get("/articles").text
    assert page.index("Wheat prices") < page.index("Ferry strike")
    assert "Wheat" not in reader.get("/articles?search=Ferry").text
    assert "Ferry strike" not in reader.get("/articles?source_id=2").text
    assert "Nothing found" in reader.get("/articles?search=zzz").text


def test_list_goes_on(reader, store, monkeypatch):
    """A long list goes on to the older ones and back, with what was searched for."""
    monkeypatch.setattr("web.pages.articles.LISTED", 2)
    for i in range(5):
        store(f"Story {i} of the harbour.", key=str(i), title=f"Title {i}")
    page = reader.get("/articles?search=Title").text
    older = re.search(r'href="(/articles\?before=[^"]+)" rel="next"', page)[1].replace("&amp;", "&")
    assert "search=Title" in older
    page = reader.get(older).text
    assert "Title 2" in page and "Title 3" not in page and "Newest" in page


def test_untitled(reader, store):
    """An article without a title is named by its first line."""
    store("Harbour open\n\nIt opened on Monday after the long repairs.", key="x")
    assert "<bdi>Harbour open</bdi>" in reader.get("/articles").text


def test_parts_of_a_paragraph(lead, article, families):
    """Where only a part of a wording is hidden, readers lose that part alone, and it is marked."""
    lead.post(f"/queue/{families[1].id}/decide", part="1", start="0", end="40", seen="open-")
    page = lead.get(f"/articles/{article}").text
    left, _ = halves(page)
    gone, stays = families[1].text[:40], families[1].text[40:].strip()
    assert gone not in left and stays in left
    assert f'<mark class="notice remove">{gone}</mark>' in page


def test_part_that_is_collapsed(lead, article, families, policy):
    """A part that the policy collapses or tags is in its paragraph, marked as such."""
    policy(notice="collapse")
    lead.post(f"/queue/{families[1].id}/decide", part="1", start="0", end="40", seen="open-")
    page = lead.get(f"/articles/{article}").text
    assert f'<mark class="collapse">{families[1].text[:40]}</mark>' in page
