"""Sources and their policies."""

import pytest

from web.data import sources


@pytest.fixture
def source(database, article):
    """Reads the source of the article."""

    def read():
        with database.reading() as session:
            return sources.by_name(session, "Tidewater Post")

    return read


GOOD = {"notice": "tag", "chrome": "keep", "threshold": "70"}


def test_policy_is_kept(lead, source):
    """A policy by kind, required notices and a threshold are kept, and shown again."""
    fields = GOOD | {"kind-copyright": "remove", "kind-terms": "", "required": ["not_advice", "privacy"]}
    page = lead.post("/sources/1", **fields).text
    found = source()
    assert found.threshold == 0.7
    assert found.policy == {
        "notice": "tag",
        "chrome": "keep",
        "kinds": {"copyright": "remove"},
        "required": ["not_advice", "privacy"],
    }
    assert 'value="70.0"' in page and 'value="not_advice" checked' in page
    assert "Tag" in lead.get("/sources").text


def test_threshold_may_be_none(lead, source):
    """Without a threshold the detector's own holds."""
    lead.post("/sources/1", **GOOD)
    lead.post("/sources/1", **GOOD | {"threshold": " "})
    assert source().threshold is None


@pytest.mark.parametrize(
    "wrong",
    [{"threshold": "many"}, {"threshold": "101"}, {"threshold": "nan"}, {"notice": "burn"}, {"chrome": ""}],
)
def test_wrong_policy(lead, source, wrong):
    """What is no policy is refused with the reason, and the old one stays."""
    before = source().policy
    answer = lead.post("/sources/1", **GOOD | wrong)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert source().policy == before


def test_moderators_look_only(moderator, source):
    """Only a lead sets policies."""
    assert "A lead can change this" in moderator.get("/sources/1").text
    assert moderator.post("/sources/1", **GOOD).status_code == 403


def test_precision_by_its_verdicts(lead, families):
    """A source shows how often people hid what the detector took for a notice there, with the interval."""
    lead.post(f"/queue/{families[1].id}/decide", verdict="hide", seen="open-")
    lead.post(f"/queue/{families[2].id}/decide", verdict="keep", seen="open-")
    page = lead.get("/sources/1").text
    assert "50.0%" in page and "9% to 91%" in page
    assert "50% <span" in lead.get("/sources").text


def test_new_source(lead, moderator):
    """A lead makes a source before its first article comes."""
    assert lead.post("/sources", name="Newcomer").request.path == "/sources/1"
    assert moderator.post("/sources", name="Other").status_code == 403
