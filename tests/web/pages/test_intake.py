"""Intake: pasted texts and files."""

import io
import json

import pytest

from web.data.errors import DataError

from .conftest import ADVICE, STORY


@pytest.fixture
def upload(moderator):
    """Sends files as the form does: `upload(("a.txt", b"…"))`."""

    def send(*files, **fields):
        data = {"csrf_token": moderator.token(), "source": "Tidewater Post", "format": "auto"} | fields
        data["files"] = [(io.BytesIO(content), name) for name, content in files]
        return moderator.client.post("/intake", data=data, buffered=True)

    return send


def test_paste(moderator):
    """A pasted text is stored, and its page is one click away."""
    answer = moderator.post(
        "/intake", source="Tidewater Post", text=f"{STORY}\r\n\r\n{ADVICE}", title="Harbour"
    )
    assert "1 stored" in answer.text and "/articles/1" in answer.text
    page = moderator.get("/articles/1").text
    assert "Harbour" in page and "by the detector" in page


def test_paste_is_told_by_its_title(moderator):
    """Not by a key that was made of its text."""
    page = moderator.post("/intake", source="T", text=f"{STORY}\n\n{ADVICE}").text
    assert f"<bdi>{STORY[:80]}" in page


def test_paste_again(moderator):
    """The same text is stored once; under the same key another one replaces it."""
    moderator.post("/intake", source="T", text=STORY, key="a")
    assert "1 there already" in moderator.post("/intake", source="T", text=STORY, key="a").text
    assert "1 replaced" in moderator.post("/intake", source="T", text=STORY + " More.", key="a").text


def test_files(upload, moderator):
    """Files of several formats are taken in at once; one that is refused does not stop the others."""
    lines = [
        {"id": "1", "text": STORY, "title": "One"},
        {"id": "2", "text": "  "},
        {"id": "3", "text": ADVICE},
    ]
    jsonl = "\n".join(json.dumps(line) for line in lines).encode()
    page = f"<html><body><p>{STORY}</p></body></html>".encode()
    answer = upload(("a.jsonl", jsonl), ("p.html", page), ("n.txt", STORY.encode()))
    assert "4 stored" in answer.text and "1 refused" in answer.text
    assert "There is no text in it" in answer.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"source": "T"}, "Paste the text"),
        ({"source": "", "text": STORY}, "A source has a name"),
        ({"source": "T", "text": STORY, "format": "odd"}, "Unknown format"),
        ({"source": "T", "text": STORY, "format": "jsonl"}, "come as a file"),
    ],
)
def test_asked_again(moderator, fields, told):
    """What is missing or wrong is asked for again with the reason, and the text is still there."""
    answer = moderator.post("/intake", **fields)
    assert answer.status_code == 422 and told in answer.text
    assert fields.get("text", "") in answer.text


def test_unreadable_file(upload):
    """A file that cannot be read is told, with its name, and nothing of the upload is stored."""
    answer = upload(("n.txt", STORY.encode()), ("broken.jsonl", b'{"text": "x"\n'), format="auto")
    assert answer.status_code == 422 and "broken.jsonl" in answer.text


def test_many_are_summed_up(upload, monkeypatch):
    """Of very many articles the first are named, then their number, and all that were refused."""
    monkeypatch.setattr("web.pages.intake.NAMED", 2)
    monkeypatch.setattr("web.pages.intake.EVERY", 5)
    lines = [{"id": f"k{i}", "text": f"{STORY} {i}" if i != 7 else ""} for i in range(12)]
    page = upload(("a.jsonl", "\n".join(map(json.dumps, lines)).encode())).text
    assert "k1<" in page and "k3<" not in page and "10 so far" in page and "k7" in page
    assert "11 stored" in page and "1 refused" in page


def test_stopped_midway(moderator, monkeypatch):
    """When the database fails midway, the page says what is safe and what to do."""

    def fail(*_):
        raise DataError("The disk is full: free space.")
        yield

    monkeypatch.setattr("web.pages.intake.intake.stream", fail)
    page = moderator.post("/intake", source="T", text=STORY).text
    assert "It stopped here: The disk is full" in page and page.rstrip().endswith("</html>")


def test_strange_names(upload):
    """A hostile name of a file or source is shown as text."""
    page = upload(("<script>x.txt", STORY.encode()), source="<b>\u202e").text
    assert "<script>x" not in page and "\u202e" not in page and "&lt;b&gt;" in page


def test_readers_take_in_nothing(reader):
    """A reader takes nothing in."""
    assert reader.post("/intake", source="T", text=STORY).status_code == 403
