"""Articles through the API: what goes in, and what comes out for readers."""

import json

import pytest

from tests.web.api.conftest import ARTICLE, NOTICE, STORY


def test_an_article_is_stored_once(lead):
    """The same key and text again change nothing; another text replaces."""
    first, again = (lead.post("/articles", json=ARTICLE) for _ in range(2))
    changed = lead.post("/articles", json=ARTICLE | {"text": STORY})
    assert [(r.status_code, r.json["state"]) for r in (first, again, changed)] == [
        (201, "stored"),
        (200, "unchanged"),
        (200, "replaced"),
    ]
    assert first.json["article"] == again.json["article"] == changed.json["article"]
    assert first.headers["Location"].endswith(f"/api/v1/articles/{first.json['article']}")


def test_many_articles_are_answered_in_their_order(lead):
    """Sources may be mixed; a bad one is refused with the reason and does not stop the others."""
    rows = [
        {"key": "1", "source": "A", "text": STORY},
        {"key": "2", "source": "B", "text": STORY},
        {"key": "3", "source": "A", "text": "  "},
        {"key": "4", "text": STORY},
        {"key": "5", "source": "A", "text": STORY, "txet": ""},
        {"key": "6", "source": "A", "text": NOTICE},
    ]
    answer = lead.post("/articles", json={"articles": rows})
    assert answer.status_code == 200
    states = [row["state"] for row in answer.json["results"]]
    assert states == ["stored", "stored", "refused", "refused", "refused", "stored"]
    assert "source" in answer.json["results"][3]["error"]
    assert "txet" in answer.json["results"][4]["error"]
    assert answer.json["counts"] == {"stored": 3, "refused": 3}


def test_lines_are_articles(lead):
    """NDJSON: a line an article, blank lines are none, a broken line is refused alone."""
    lines = [json.dumps({"key": str(i), "text": STORY}) for i in range(3)]
    lines[1] = lines[1][:-1]
    body = "\n".join([*lines, "", ""])
    answer = lead.post("/articles?source=Lines", data=body, content_type="application/x-ndjson")
    assert [row["state"] for row in answer.json["results"]] == ["stored", "refused", "stored"]
    assert "no JSON" in answer.json["results"][1]["error"]


def test_a_refused_article_is_an_error(lead):
    """Alone, it is answered with a status of its own and the remedy."""
    answer = lead.post("/articles", json=ARTICLE | {"text": " \n"})
    assert answer.status_code == 422
    assert "no text" in answer.json["detail"]


def test_articles_come_in_pages(lead):
    """The newest first; every article is on one page, and the last has no next."""
    lead.post("/articles?source=Pages", json={"articles": [{"key": str(i), "text": STORY} for i in range(6)]})
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        pages += 1
        page = lead.get(f"/articles?limit=3{cursor and '&cursor=' + cursor}").json
        seen += [row["key"] for row in page["articles"]]
        cursor = page["next"]
    assert (seen, pages) == (["5", "4", "3", "2", "1", "0"], 2)


def test_an_article_is_found_by_source_and_key(lead, stored):
    """And a key that nobody has finds none."""
    found = lead.get("/articles?source=Tidewater Post&key=a1").json["articles"]
    assert [row["id"] for row in found] == [stored]
    assert lead.get("/articles?source=Tidewater Post&key=a2").json["articles"] == []
    assert lead.get("/articles?source=Nobody").status_code == 404
    assert lead.get("/articles?key=a1").status_code == 422


def test_an_article_tells_its_segments(lead, stored):
    """Places are characters of its text, with what is done and why."""
    article = lead.get(f"/articles/{stored}").json
    texts = {article["text"][s["start"] : s["end"]]: (s["action"], s["why"]) for s in article["segments"]}
    assert texts == {STORY: ("keep", "detector"), NOTICE: ("remove", "detector")}


def test_readers_get_the_story_by_verdict_and_policy(lead, stored, notice):
    """The clean text follows the detector, then the policy, then the verdict."""

    def clean():
        return lead.get(f"/articles/{stored}/clean?format=text").text

    assert NOTICE not in clean() and STORY in clean()
    source = lead.get("/sources").json["sources"][0]["id"]
    lead("PUT", f"/sources/{source}/policy", json={"policy": {"notice": "keep"}})
    assert NOTICE in clean()
    lead("PUT", f"/sources/{source}/policy", json={"policy": {}})
    lead.post(f"/families/{notice}/decisions", json={"verdict": "keep"})
    assert NOTICE in clean()


def test_who_has_it_already_is_told_so(lead, stored, notice):
    """The ETag holds until something changes for readers; each format has its own."""
    path = f"/articles/{stored}/clean"
    first = lead.get(path)
    etag = first.headers["ETag"]
    assert lead.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert lead.get(f"{path}?format=text", headers={"If-None-Match": etag}).status_code == 200
    lead.post(f"/families/{notice}/decisions", json={"verdict": "keep"})
    again = lead.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 200 and again.headers["ETag"] != etag


def test_many_clean_articles_come_at_once(lead, stored):
    """Those that are missing are named; of those that the caller has, the text is left out."""
    answer = lead.post("/articles/clean", json={"ids": [stored, stored + 99, stored]}).json
    assert [row["id"] for row in answer["articles"]] == [stored]
    assert answer["missing"] == [stored + 99]
    etag = answer["articles"][0]["etag"]
    again = lead.post("/articles/clean", json={"ids": [stored], "known": [etag]}).json
    assert again["articles"] == [{"id": stored, "etag": etag}]


def test_a_page_comes_back_as_a_page(lead, stored):
    """HTML keeps its markup without the notice, may do nothing in a browser, and is not made of text."""
    page = f"<html><body><p>{STORY}</p><p>{NOTICE}</p><script>x()</script></body></html>"
    number = lead.post("/articles", json=ARTICLE | {"key": "h", "text": page}).json["article"]
    answer = lead.get(f"/articles/{number}/clean?format=html")
    assert answer.mimetype == "text/html"
    assert f"<p>{STORY}</p>" in answer.text and NOTICE not in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert lead.get(f"/articles/{stored}/clean?format=html").status_code == 404


@pytest.mark.parametrize("text", [f"{STORY}\x00", f"{STORY}\ud800", f"\ue000{STORY} <script>"])
def test_any_text_survives(lead, text):
    """NUL, lone surrogates and markup come back in JSON as they were; plain text is always UTF-8."""
    number = lead.post("/articles", json=ARTICLE | {"key": "odd", "format": "text", "text": text}).json[
        "article"
    ]
    assert lead.get(f"/articles/{number}").json["text"] == text
    plain = lead.get(f"/articles/{number}/clean?format=text")
    assert plain.data.decode("utf-8") == text.replace("\ud800", "\ufffd")
