"""Verdicts of people become lines to learn from, if they keep the rules of the corpus."""

import json

import pytest

from training import __main__ as command
from training import corpus, verdicts
from training.corpus import CorpusError, Example

ROW = {
    "text": "Ferry times are given without any warranty.",
    "label": "notice",
    "kinds": ["no_warranty"],
    "language": "en",
    "domain": "general",
    "family": "web-0123456789abcdef",
    "copies": 7,
    "score": 0.61,
}
OWN = [
    Example("Terms apply.", "notice", ("terms",), "general", "en-1", "en", at="en.jsonl:1"),
    Example("Es gelten Bedingungen.", "notice", ("terms",), "general", "de-1", "de", at="de.jsonl:1"),
]


@pytest.fixture
def written(tmp_path):
    """Writes rows as the export does."""

    def write(*rows):
        path = tmp_path / "verdicts.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path

    return write


def test_a_verdict_becomes_an_example(written):
    """Its family begins with its language, as in the corpus; what was hard stays hard."""
    hard = ROW | {"text": "What is a warranty?", "label": "editorial", "kinds": [], "hard": True}
    found = verdicts.read(written(ROW, hard), OWN)
    assert found.faults == ()
    assert found.examples[0].family == "en-web-0123456789abcdef"
    assert [example.hard for example in found.examples] == [False, True]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"label": "advert"}, "unknown label"),
        ({"kinds": ["luck"]}, "unknown kind"),
        ({"kinds": [1]}, "kinds by their names"),
        ({"kinds": []}, "a notice has kinds"),
        ({"language": None}, "no language"),
        ({"language": "fr"}, "the corpus does not have"),
        ({"language": "xx"}, "the corpus does not have"),
        ({"text": "Условия применяются всегда."}, "another script"),
        ({"text": "TERMS apply!!"}, "repeats en.jsonl:1"),
        ({"text": "Something that a test says, word for word."}, "stands in a test"),
        ({"text": None}, "needs 'text'"),
        ({"text": " "}, "empty text"),
        ({"domain": "horses"}, "unknown domain"),
    ],
)
def test_what_breaks_a_rule_is_left_out(written, change, why):
    """With its line and the reason; the others are kept."""
    foreign = [("a test", "Something that a test says, word for word.")]
    good = ROW | {"text": "Please check the harbour board before you leave."}
    found = verdicts.read(written(ROW | change, good), OWN, foreign)
    assert [example.text for example in found.examples] == [good["text"]]
    assert len(found.faults) == 1
    assert found.faults[0].startswith("line 1: ") and why in found.faults[0]


def test_a_wording_comes_once(written):
    """The second of two that differ in layout alone is left out."""
    found = verdicts.read(written(ROW, ROW | {"text": ROW["text"].upper()}), OWN)
    assert len(found.examples) == 1 and "repeats line 1" in found.faults[0]


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_export_is_an_error(tmp_path, data):
    """And so is a file that is not there."""
    path = tmp_path / "verdicts.jsonl"
    path.write_bytes(data)
    with pytest.raises(CorpusError, match="export"):
        verdicts.read(path, OWN)
    with pytest.raises(CorpusError, match="cannot be read"):
        verdicts.read(tmp_path / "none.jsonl", OWN)


def test_verdicts_are_written_as_a_corpus(written, tmp_path):
    """The corpus reads them back; a file that is there is not written over."""
    german = ROW | {"language": "de", "text": "Angaben zu Fähren ohne Gewähr."}
    found = verdicts.read(written(ROW, german), OWN)
    paths = verdicts.write(found.examples, tmp_path / "lines")
    assert [path.name for path in paths] == ["de.jsonl", "en.jsonl"]
    back = corpus.read(paths)
    assert {(e.text, e.family, e.language) for e in back} == {
        (e.text, e.family, e.language) for e in found.examples
    }
    with pytest.raises(CorpusError, match="there already"):
        verdicts.write(found.examples, tmp_path / "lines")


@pytest.fixture
def small(monkeypatch):
    """An eighth of two languages, and no other text that may not come again."""
    files = [corpus.FOLDER / f"{language}.jsonl" for language in ("en", "de")]
    whole = [example for path in files for example in corpus.read([path])[::8]]
    monkeypatch.setattr(command.corpus, "read", lambda: whole)
    monkeypatch.setattr(command, "_own_texts", list)
    return whole


def test_a_model_learns_them(written, small, tmp_path, capsys):
    """`learn` leaves out, fits, and writes a model that loads and knows how many lines it saw."""
    from detector import Detector

    path = tmp_path / "learned.safetensors"
    arguments = ["learn", str(written(ROW, ROW | {"kinds": []})), "--out", str(path), "--jobs", "1"]
    assert command.main(arguments) == 0
    out = capsys.readouterr().out
    assert "left out, line 2" in out and "1 verdicts, 1 left out." in out
    counts = Detector.load(path).model.header["counts"]["en"]
    assert counts[1] == sum(e.language == "en" and e.label == "notice" for e in small) + 1


def test_nothing_to_learn_from_is_an_error(written, small, capsys):
    """Not a model like the one before."""
    assert command.main(["learn", str(written(ROW | {"kinds": []}))]) == 2
    assert "nothing to learn from" in capsys.readouterr().err


def test_lines_can_be_had_without_a_model(written, small, tmp_path):
    """With --lines."""
    assert command.main(["learn", str(written(ROW)), "--lines", str(tmp_path / "lines")]) == 0
    assert (tmp_path / "lines" / "en.jsonl").exists()
