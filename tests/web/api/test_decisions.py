"""Deciding through the API."""

import pytest

from tests.web.api.conftest import ARTICLE, NOTICE


def test_a_decision_holds_for_all_copies(lead, stored, notice):
    """Also for those that come later, in another layout."""
    answer = lead.post(f"/families/{notice}/decisions", json={"verdict": "keep"})
    assert answer.status_code == 201
    assert (answer.json["family"]["status"], answer.json["family"]["verdict"]) == ("settled", "keep")
    other = {"source": "Another", "key": "x", "text": f"* {NOTICE.upper()}"}
    number = lead.post("/articles", json=other).json["article"]
    assert NOTICE.upper() in lead.get(f"/articles/{number}/clean?format=text").text


def test_a_family_tells_who_decided(caller, lead, notice):
    """With the decisions taken back, and how many copies there are."""
    moderator = caller("moderator")
    moderator.post(f"/families/{notice}/decisions", json={"verdict": "hide", "kinds": ["terms"]})
    moderator.post("/undo")
    family = lead.get(f"/families/{notice}").json
    assert (family["copies"], family["text"], family["verdict"]) == (1, NOTICE, None)
    (decision,) = family["decisions"]
    assert decision["person"] == "moderator 1" and decision["kinds"] == ["terms"]
    assert decision["undone"] is not None


def test_undo_goes_back_step_by_step(lead, notice):
    """Until there is nothing left, which is no error."""
    for verdict in ("hide", "keep"):
        lead.post(f"/families/{notice}/decisions", json={"verdict": verdict})
    undone = [lead.post("/undo").json["decision"] for _ in range(3)]
    assert [row and row["verdict"] for row in undone] == ["keep", "hide", None]


def test_a_hidden_story_gets_kinds(lead, stored):
    """Where the detector saw no notice and the caller names no kinds, the detector names them."""
    segments = lead.get(f"/articles/{stored}").json["segments"]
    story = next(row["family"] for row in segments if row["label"] == "editorial")
    answer = lead.post(f"/families/{story}/decisions", json={"verdict": "hide"})
    assert answer.json["decision"]["kinds"]


def test_a_card_is_one_persons(caller, lead, notice):
    """The next caller gets another card or none, and may not decide on it."""
    first, second = caller("moderator"), caller("moderator")
    card = first.get("/queue/next?kind=not_advice")
    assert card.json["family"]["id"] == notice and card.json["text"] == NOTICE
    assert second.get("/queue/next?kind=not_advice").status_code == 204
    assert second.post(f"/families/{notice}/decisions", json={"verdict": "keep"}).status_code == 409
    assert first.post(f"/families/{notice}/decisions", json={"verdict": "keep"}).status_code == 201


def test_a_card_can_be_skipped(lead, notice):
    """Those named by skip are not given."""
    assert lead.get(f"/queue/next?kind=not_advice&skip={notice}").status_code == 204


def test_the_queue_is_counted(lead, notice):
    """By status, for a filter."""
    assert lead.get("/queue?kind=not_advice").json == {"open": 1}
    assert lead.get("/queue?nonsense=1").status_code == 422


def test_copies_are_listed(lead, stored, notice):
    """Each with its article."""
    lead.post("/articles", json=ARTICLE | {"key": "a2", "text": NOTICE})
    page = lead.get(f"/families/{notice}/copies?limit=1").json
    assert page["copies"][0]["article"]["key"] == "a2"
    last = lead.get(f"/families/{notice}/copies?limit=1&cursor={page['next']}").json
    assert (last["copies"][0]["article"]["id"], last["next"]) == (stored, None)


def test_a_policy_is_set_by_leads(caller, lead, stored):
    """A moderator may look at it; a value that is none is refused."""
    source = lead.get("/sources").json["sources"][0]
    path = f"/sources/{source['id']}/policy"
    policy = {"notice": "tag", "chrome": "keep", "kinds": {"terms": "collapse"}, "required": ["copyright"]}
    answer = lead("PUT", path, json={"policy": policy, "threshold": 0.7})
    assert (answer.json["policy"], answer.json["threshold"]) == (policy, 0.7)
    moderator = caller("moderator")
    assert moderator.get(path).json["policy"] == policy
    assert moderator("PUT", path, json={"policy": {}}).status_code == 403
    for wrong in ({"policy": {"notice": "burn"}}, {"policy": {}, "threshold": 2}, {"policy": []}, {}):
        assert lead("PUT", path, json=wrong).status_code == 422


def test_verdicts_are_exported(lead, notice):
    """As lines for training, and as a table of decisions."""
    lead.post(f"/families/{notice}/decisions", json={"verdict": "hide"})
    lines = lead.get("/export")
    assert lines.mimetype == "application/x-ndjson"
    assert '"label": "notice"' in lines.text and NOTICE in lines.text and lines.text.count("\n") == 1
    table = lead.get("/export?format=csv").text.splitlines()
    assert len(table) == 2 and "hide" in table[1]
    assert lead.get("/export?format=xml").status_code == 422


def test_hooks_are_for_leads(caller, lead):
    """The secret is told once; a removed hook is gone."""
    made = lead.post("/hooks", json={"url": "https://hooks.example/in"})
    assert made.status_code == 201 and len(made.json["secret"]) > 30
    listed = lead.get("/hooks").json["hooks"]
    assert [(row["id"], "secret" in row) for row in listed] == [(made.json["id"], False)]
    moderator = caller("moderator")
    assert moderator.get("/hooks").status_code == 403
    assert moderator.post("/hooks", json={"url": "https://hooks.example/in"}).status_code == 403
    assert lead("DELETE", f"/hooks/{made.json['id']}").status_code == 204
    assert lead("DELETE", f"/hooks/{made.json['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "delete"},
        {"verdict": "hide", "kinds": "terms"},
        {"verdict": "hide", "kinds": [1]},
        {"verdict": "hide", "span": [5]},
        {"verdict": "hide", "span": [5, 2]},
        {"verdict": "hide", "span": [0, 10**9]},
        {"verdict": "hide", "span": ["0", "4"]},
        {"verdict": "keep", "span": [0, 4]},
        [],
        "hide",
    ],
)
def test_an_impossible_decision_is_refused(lead, notice, body):
    """And nothing is decided."""
    assert lead.post(f"/families/{notice}/decisions", json=body).status_code == 422
    assert lead.get(f"/families/{notice}").json["decisions"] == []
