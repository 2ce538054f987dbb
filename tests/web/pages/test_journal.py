"""The journal and the exports."""

import csv
import io
import json

from sqlalchemy import update

from web.data.schema import Entry


def test_entries(lead, families):
    """Every act is there with who and when, and leads to what it was on."""
    lead.post(f"/queue/{families[1].id}/decide", verdict="hide", seen="open-")
    page = lead.get("/journal").text
    assert "decide" in page and f'href="/wordings/{families[1].id}"' in page and "verdict: <bdi>hide" in page


def test_details(lead):
    """What was done is told in words: lists as lists, of families as wordings."""
    lead.post("/settings/tokens", name="feed", scopes=["export", "read"], days="9")
    assert "scopes: <bdi>export, read</bdi>" in lead.get("/journal").text


def test_chain(lead, families, database):
    """On demand the chain is proved, and a change of an entry is found."""
    lead.post("/sources", name="x")
    lead.post("/people/invite", role="reader")
    assert "The chain is whole" in lead.get("/journal?check=1").text
    with database.writing() as session:
        session.execute(update(Entry).where(Entry.id == 1).values(person="Mallory"))
    assert "broken at entry 1" in lead.get("/journal?check=1").text


def test_goes_on(lead, monkeypatch):
    """A long journal comes in parts."""
    monkeypatch.setattr("web.pages.journal.LISTED", 2)
    for _ in range(4):
        lead.post("/people/invite", role="reader")
    assert "before=3" in lead.get("/journal").text
    assert "Newest" in lead.get("/journal?before=3").text


def test_moderators_do_not_read_it(moderator):
    """Only leads read the journal."""
    assert moderator.get("/journal").status_code == 403


def test_lines(lead, families):
    """The settled wordings come as a file of JSON Lines."""
    lead.post(f"/queue/{families[1].id}/decide", verdict="hide", seen="open-")
    answer = lead.get("/export/verdicts.jsonl")
    assert "attachment; filename=verdicts.jsonl" in answer.headers["Content-Disposition"]
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [(row["text"], row["label"]) for row in rows] == [(families[1].text, "notice")]


def test_table(lead, families):
    """The decisions come as a table."""
    lead.post(f"/queue/{families[1].id}/decide", verdict="hide", seen="open-")
    rows = list(csv.DictReader(io.StringIO(lead.get("/export/verdicts.csv").text)))
    assert [(row["verdict"], row["person"]) for row in rows] == [("hide", "Ada")]


def test_readers_take_nothing_out(reader):
    """A reader takes no verdicts out."""
    assert reader.get("/export/verdicts.csv").status_code == 403
