"""One verdict on all that a filter finds."""

import time


def test_preview_then_all(lead, families, family):
    """The number and a sample come first; then one verdict reaches exactly those."""
    page = lead.get("/bulk?verdict=hide&kind=copyright").text
    assert "Hide 1 wording?" in page and "All rights reserved" in page and "Kind:" in page
    answer = lead.post("/bulk?kind=copyright", verdict="hide", expected="1")
    assert "Hidden: 1 wording" in answer.text
    assert family(families[2].id).verdict == "hide" and family(families[1].id).verdict is None


def test_number_has_changed(lead, families, family):
    """If another number matches than was seen, nothing is decided."""
    answer = lead.post("/bulk?kind=copyright", verdict="hide", expected="7")
    assert answer.status_code == 409 and "look at them again" in answer.text
    assert family(families[2].id).verdict is None


def test_undone_as_one(lead, families, family):
    """All of it is taken back by one button, or by undo in the queue."""
    lead.post("/bulk?lowest=50", verdict="hide", expected="2")
    answer = lead.post("/bulk/1/undo")
    assert "Taken back as one: 2 wordings" in answer.text
    assert family(families[1].id).verdict is None is family(families[2].id).verdict
    lead.post("/bulk?lowest=50", verdict="hide", expected="2")
    assert "Taken back as one: 2 wordings" in lead.post("/queue/undo").text


def test_no_filter_is_told(lead, families):
    """Without a filter the page warns that all is reached."""
    assert "No filter is set" in lead.get("/bulk?verdict=keep").text
    assert "No filter is set" not in lead.get("/bulk?verdict=keep&language=en").text


def test_only_hide_or_keep(lead, families):
    """Not sure is no verdict on many, and without a number none is started."""
    assert lead.get("/bulk?verdict=unsure").status_code == 422
    assert lead.post("/bulk", verdict="unsure", expected="2").status_code == 422
    assert lead.post("/bulk", verdict="hide").status_code == 422


def test_many_go_on_behind(lead, families, family, monkeypatch):
    """Many are decided behind a page that tells how far they are."""
    monkeypatch.setattr("web.pages.bulk.AT_ONCE", 0)
    lead.post("/bulk?lowest=50", verdict="hide", expected="2")
    for _ in range(500):
        state = lead.get("/bulk/1/state").json
        if state["state"] == "done":
            break
        time.sleep(0.01)
    assert state == {"state": "done", "done": 2, "total": 2}
    assert family(families[1].id).verdict == "hide"


def test_running_one_shows_progress(lead, families, monkeypatch):
    """While it runs, the page shows how far it is and can stop it."""
    monkeypatch.setattr("web.pages.bulk.bulk.run", lambda *_: None)
    page = lead.post("/bulk?lowest=50", verdict="hide", expected="2").text
    assert '<progress max="2" value="0"' in page and "Stop it" in page


def test_of_others(lead, moderator, families):
    """A moderator cannot take back a bulk verdict of somebody else; a lead can."""
    lead.post("/bulk?lowest=50", verdict="hide", expected="2")
    assert "/bulk/1/undo" not in moderator.get("/bulk/1").text
    assert moderator.post("/bulk/1/undo").status_code == 404
