"""Wordings: the list, and all about one."""

import re

import pytest

from web.data import articles
from web.data import families as wordings

from .conftest import ADVICE, STORY


def test_nothing_waits(reader):
    """Without a filter there is none to loosen."""
    page = reader.get("/wordings").text
    assert "Nothing is waiting" in page and "Loosen" not in page


@pytest.fixture
def near(store, families, database):
    """The number of the segment of a near copy at another source, in the family of the advice."""
    text = ADVICE.replace("information only", "information only, please,")
    number = store(f"{STORY}\n\n{text}", key="b1", source="Other Wire")
    with database.reading() as session:
        row = articles.segments(session, number)[1]
    assert row.family_id == families[1].id
    return row.id


def test_list(reader, families):
    """The list has what waits, counted; a filter finds by words, status and kind."""
    page = reader.get("/wordings").text
    assert ADVICE in page and "waiting" in page
    assert ADVICE not in reader.get("/wordings?kind=copyright").text
    assert "Nothing matches" in reader.get("/wordings?status=settled").text
    assert "surely story is a wording" in reader.get("/wordings?status=quiet").text


def test_readers_have_no_buttons(reader, families):
    """A reader may look but finds nothing to decide."""
    page = reader.get("/wordings").text + reader.get(f"/wordings/{families[1].id}").text
    assert "Hide all" not in page and 'value="hide"' not in page


def test_decided_from_its_page(lead, families, family):
    """A verdict can be changed on the wording's page, which then tells who did what."""
    number = families[1].id
    lead.post(f"/queue/{number}/decide?from=family", verdict="hide", seen="open-")
    answer = lead.post(f"/queue/{number}/decide?from=family", verdict="keep", seen="settled-hide")
    assert answer.request.path == f"/wordings/{number}" and "Kept, in every copy" in answer.text
    assert family(number).verdict == "keep"


def test_copies_and_split(lead, families, near):
    """The copies are listed with their wording, and one can be split off, to be asked anew."""
    page = lead.get(f"/wordings/{families[1].id}").text
    assert "Other Wire" in page and "only, please," in page
    answer = lead.post(f"/wordings/{families[1].id}/split", segment_id=near)
    assert "Split off: 1 copy" in answer.text and answer.request.path != f"/wordings/{families[1].id}"


def test_nothing_to_split(lead, families, database):
    """Splitting off all that there is changes nothing, and says so."""
    with database.reading() as session:
        segment, _ = wordings.members(session, families[1].id)[0]
    answer = lead.post(f"/wordings/{families[1].id}/split", segment_id=segment.id)
    assert "nothing to split" in answer.text and answer.request.path == f"/wordings/{families[1].id}"


def test_merge(lead, families):
    """Two wordings become one, whose page tells."""
    answer = lead.post(f"/wordings/{families[1].id}/merge", other=families[2].id)
    assert "2 copies" in answer.text
    assert lead.get(f"/wordings/{families[2].id}").status_code == 404
    assert lead.post(f"/wordings/{families[1].id}/merge", other="x").status_code == 422


def test_decision_taken_back(lead, moderator, families, family):
    """A lead takes back anybody's decision; a moderator only his own."""
    number = families[1].id
    lead.post(f"/queue/{number}/decide", verdict="hide", seen="open-")
    decision = re.search(r'name="decision_id" value="(\d+)"', lead.get(f"/wordings/{number}").text)[1]
    assert "decision_id" not in moderator.get(f"/wordings/{number}").text
    assert moderator.post(f"/wordings/{number}/undo", decision_id=decision).status_code == 404
    answer = lead.post(f"/wordings/{number}/undo", decision_id=decision)
    assert "Taken back" in answer.text and family(number).verdict is None


def test_part_is_marked(lead, families):
    """Where only a part is hidden, it is marked."""
    number = families[1].id
    lead.post(f"/queue/{number}/decide", part="1", start="0", end="12", seen="open-")
    assert '<mark class="notice remove">This article</mark>' in lead.get(f"/wordings/{number}").text


def test_many_copies_come_in_parts(lead, store, families, monkeypatch):
    """The copies of a frequent wording come in parts."""
    monkeypatch.setattr("web.pages.families.MEMBERS", 2)
    for i in range(4):
        store(f"{STORY}\n\n{ADVICE}", key=f"m{i}", title=f"Copy {i}")
    page = lead.get(f"/wordings/{families[1].id}").text
    assert "Copy 3" in page and "Copy 1" not in page
    older = re.search(r'href="([^"]*before=[^"]+)"', page)[1].replace("&amp;", "&")
    assert "Copy 1" in lead.get(older).text
