"""The queue: one card, one question."""

import re

import pytest

from web.data import clock, verdicts


@pytest.fixture
def advice(families):
    """The family of the sentence that this is no advice."""
    return families[1]


@pytest.fixture
def decisions(database):
    """Reads what was decided on a family: `decisions(12)`."""

    def read(number):
        with database.reading() as session:
            return verdicts.history(session, number)

    return read


def send(visitor, family, verdict="hide", **more):
    """Answer the card of a family as its page would."""
    page = visitor.get(f"/queue/{family.id}").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    return visitor.post(f"/queue/{family.id}/decide", verdict=verdict, seen=seen, **more)


def test_card(lead, advice):
    """A card asks about the action, in the article, with score, kinds and the words that weighed."""
    page = lead.get(f"/queue/{advice.id}").text
    assert "Hide this from readers?" in page
    assert "Harbour open again" in page and "first ferry left" in page
    assert "Not advice" in page and '<mark class="for w3">' in page


def test_answer_settles_and_moves_on(lead, advice, family):
    """One answer holds for the wording, and the next card is there."""
    answer = send(lead, advice)
    assert answer.request.path == "/queue"
    assert (family(advice.id).status, family(advice.id).verdict) == ("settled", "hide")


def test_answer_twice(lead, advice, decisions):
    """A form that is sent twice decides once."""
    fields = {"verdict": "hide", "seen": "open-"}
    lead.post(f"/queue/{advice.id}/decide", **fields)
    answer = lead.post(f"/queue/{advice.id}/decide", **fields)
    assert "decided meanwhile" in answer.text
    assert len(decisions(advice.id)) == 1


def test_card_of_somebody_else(lead, moderator, advice, decisions):
    """While a card is with one person, another can neither open nor answer it, and goes on."""
    moderator.get(f"/queue/{advice.id}")
    assert lead.get(f"/queue/{advice.id}").status_code == 409
    answer = lead.post(f"/queue/{advice.id}/decide", verdict="keep", seen="open-")
    assert answer.request.path == "/queue" and "Somebody else is deciding" in answer.text
    assert not decisions(advice.id)


def test_two_people_two_cards(lead, moderator, families):
    """Two people never have the same card before them."""
    number = re.compile(r"/queue/(\d+)/decide")
    assert number.search(lead.get("/queue").text)[1] != number.search(moderator.get("/queue").text)[1]


def test_kinds_mended(lead, advice, family):
    """Kinds that were ticked otherwise are the wording's kinds."""
    send(lead, advice, kinds=["privacy", "terms"], **{"kinds-shown": "1"})
    assert family(advice.id).verdict_kinds == ["privacy", "terms"]


def test_kinds_left_alone(lead, advice, decisions):
    """Kinds that nobody changed are not written down as a person's."""
    send(lead, advice, kinds=advice.kinds, **{"kinds-shown": "1"})
    assert decisions(advice.id)[0].kinds is None


def test_kinds_of_what_had_none(lead, families, decisions):
    """Of a story that a person hides, the detector says the kinds that it would be of."""
    send(lead, families[0])
    assert decisions(families[0].id)[0].kinds


def test_part(lead, advice, family):
    """Only a part of a wording can be hidden."""
    send(lead, advice, verdict="", part="1", start="0", end="12")
    assert (family(advice.id).verdict, family(advice.id).span) == ("hide", [0, 12])


@pytest.mark.parametrize("place", [{"start": "x", "end": "3"}, {"start": "0"}, {"start": "5", "end": "2"}])
def test_part_that_is_none(lead, advice, place):
    """A part that does not lie in the wording is refused with the reason."""
    assert send(lead, advice, verdict="", part="1", **place).status_code == 422


def test_unknown_verdict(lead, advice):
    """Only hide, keep and not sure are answers."""
    assert send(lead, advice, verdict="burn").status_code == 422


def test_skip(lead, families, decisions):
    """A card that was skipped does not come back until one takes the skipped ones again."""
    number = re.compile(r"/queue/(\d+)/decide")
    seen = []
    while found := number.search(lead.get("/queue").text):
        assert found[1] not in seen
        seen.append(found[1])
        lead.post(f"/queue/{found[1]}/skip")
    assert f"You have skipped {len(seen)} cards" in lead.get("/queue").text
    assert number.search(lead.post("/queue/skipped").text)


def test_undo_shows_the_card_again(lead, advice, family):
    """Undo takes the last answer back, again and again, and puts its card before one."""
    send(lead, advice)
    answer = lead.post("/queue/undo")
    assert answer.request.path == f"/queue/{advice.id}" and "Taken back" in answer.text
    assert family(advice.id).verdict is None
    assert "nothing of yours" in lead.post("/queue/undo").text


def test_undo_finds_skipped_cards(lead, advice):
    """What is taken back is no longer skipped."""
    send(lead, advice)
    lead.post(f"/queue/{advice.id}/skip")
    lead.post("/queue/undo")
    with lead.client.session_transaction() as kept:
        assert advice.id not in kept["skipped"]


def test_filter_holds_on(lead, store, families):
    """A filter stays while one decides, and the cards are those that it finds."""
    path = "/queue?text=rights+reserved&lowest=50"
    page = lead.get(path).text
    assert "All rights reserved" in re.sub("<[^>]+>", "", page)
    form = re.search(r'action="(/queue/\d+/decide\?[^"]*)"', page)[1].replace("&amp;", "&")
    answer = lead.post(form, verdict="hide", seen="open-")
    assert answer.request.full_path.startswith("/queue?text=rights")
    assert "Nothing matches this filter" in answer.text


@pytest.mark.parametrize(
    "query", ["source_id=x", "lowest=-3", "highest=200", "status=lost", "age=never", "lowest=nan"]
)
def test_filter_that_is_none(lead, query):
    """A filter that cannot be read is refused, not taken for none."""
    assert lead.get(f"/queue?{query}").status_code == 422


def test_counts(lead, families):
    """The page can ask how many wait, by status and filter."""
    assert lead.get("/queue/counts").json["open"] >= 2
    assert lead.get("/queue/counts?text=zzz").json == {}


def test_second_person_is_not_told(lead, visitor, moderator, advice):
    """A second person hears that somebody was not sure, a lead also who said what."""
    send(moderator, advice, "unsure")
    second = visitor("Uma", "moderator")
    page = second.get(f"/queue/{advice.id}").text
    assert "Somebody was not sure" in page and "Tom" not in page
    send(second, advice, "unsure")
    page = lead.get(f"/queue/{advice.id}").text
    assert "Tom" in page and "Uma" in page


def test_empty_queue(lead):
    """An empty queue says so and what to do."""
    page = lead.get("/queue").text
    assert "The queue is empty" in page and "/intake" in page


def test_keys_on_the_buttons(lead, advice):
    """Each button shows the key that presses it."""
    page = lead.get(f"/queue/{advice.id}").text
    assert 'value="hide" data-key="y" aria-keyshortcuts="y"' in page


def test_long_wording(lead, store, database):
    """A wording of a whole page is shown by its beginning, and says so."""
    number = store("All rights reserved by the publisher and its licensors. " * 200, key="long")
    with database.reading() as session:
        from web.data import articles

        row = articles.segments(session, number)[0]
    page = lead.get(f"/queue/{row.family_id}").text
    assert "The first 3,000 of" in page and len(page) < 60_000


def test_notice_inside_a_paragraph(lead, store, database):
    """A notice inside a paragraph is shown within it."""
    from web.data import articles

    text = (
        "The ferry carries about three hundred thousand passengers and left at seven on Monday morning. "
        "This article is not investment advice and is for information only. "
        "Fishermen sold the first catch on the quay, and the mayor cut a ribbon in front of the new crane."
    )
    number = store(text, key="inside")
    with database.reading() as session:
        spans = [row for row in articles.segments(session, number) if row.form == "span"]
    assert spans, "the detector must find the sentence"
    page = lead.get(f"/queue/{spans[0].family_id}").text
    assert "Monday morning. <span" in page and "</span> Fishermen sold" in page


def test_expired_lease(lead, moderator, advice, decisions, clock_moves):
    """A card that was taken back by time goes to the next person; the first one's late answer is told so."""
    page = moderator.get(f"/queue/{advice.id}")
    assert page.status_code == 200
    clock_moves(301)
    send(lead, advice)
    answer = moderator.post(f"/queue/{advice.id}/decide", verdict="keep", seen="open-")
    assert "decided meanwhile" in answer.text and len(decisions(advice.id)) == 1


@pytest.fixture
def clock_moves(monkeypatch):
    """Moves the time on by some seconds."""
    real = clock.now

    def move(seconds):
        monkeypatch.setattr(clock, "now", lambda: real() + seconds)

    return move
