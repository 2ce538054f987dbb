"""The corpus keeps its rules, and the check names each breach with file, line and remedy."""

import json
from dataclasses import replace

import pytest

from training import corpus, rules
from training.corpus import Example

GOOD = Example("Terms apply.", "notice", ("terms",), "crypto", "en-1", "en", at="en.jsonl:1")


def faults(*examples, foreign=()):
    """Faults of single lines and copies; what a whole language lacks is left aside."""
    found = rules.problems(examples, foreign)
    return [fault for fault in found if "write more" not in fault and "write some" not in fault]


def test_the_corpus_has_no_faults():
    """What is committed passes its own check."""
    assert list(rules.problems(corpus.read())) == []


def test_every_language_holds_its_least():
    """A language with too little of something is named."""
    found = list(rules.problems([GOOD]))
    assert "en.jsonl: 1 of notice, needs 150; write more." in found
    assert "en.jsonl: no notice of kind privacy; write some." in found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "advert"}, "en.jsonl:1: unknown label 'advert'"),
        ({"kinds": ("term",)}, "en.jsonl:1: unknown kind 'term'"),
        ({"kinds": ()}, "a notice has kinds"),
        ({"label": "chrome"}, "a notice has kinds and nothing else has"),
        ({"domain": "horses"}, "unknown domain 'horses'"),
        ({"hard": True}, "only editorial text is hard"),
        ({"family": "de-1"}, "must begin with 'en'"),
        ({"text": " \n"}, "empty text"),
        ({"text": "Условия применяются."}, "letters of another script than Latin"),
        ({"language": "xx", "family": "xx-1"}, "unknown language 'xx'"),
        ({"text": "The tеrms apply."}, "'tе' mixes two alphabets"),
        ({"text": "Doses of 5 μg are usual."}, None),
        ({"text": "Terms apply.", "language": "ru", "family": "ru-1"}, None),
        ({"text": "条款适用。", "language": "ru", "family": "ru-1"}, "another script than Cyrillic"),
    ],
)
def test_each_breach_is_named(change, message):
    """Unknown words, kinds without notice, wrong script, and so on."""
    found = faults(replace(GOOD, **change))
    assert bool(found) == bool(message)
    assert not message or message in found[0]


def test_a_line_in_the_wrong_file_is_found():
    """A language knows its own words best."""
    whole = corpus.read([corpus.FOLDER / "de.jsonl", corpus.FOLDER / "nl.jsonl"])
    stray = next(e for e in whole if e.language == "nl" and len(e.text) > 300)
    moved = replace(stray, language="de", family="de-stray", at="de.jsonl:9999")
    found = [fault for fault in faults(*whole, moved) if "reads like" in fault]
    assert found == ["de.jsonl:9999: reads like nl; move the line, or mend it."]


def test_repeated_lines_are_found_whatever_their_layout():
    """Case, blanks, digits and punctuation do not hide a repeat."""
    twin = replace(GOOD, text="TERMS  apply!", family="en-2", at="en.jsonl:9")
    assert faults(GOOD, twin) == ["en.jsonl:9: repeats en.jsonl:1; take one of them out."]
    assert faults(GOOD, replace(twin, language="de", family="de-2")) == []


def test_copies_of_foreign_text_are_found():
    """A line that stands in a measuring set, whole or as a long run, is refused."""
    text = "This particular sentence was written by somebody else and is long enough to be known again."
    for copy in (text, text.upper(), f"Note: {text} Really."):
        found = faults(replace(GOOD, text=copy), foreign=[("other.jsonl:3", text)])
        assert found == ["en.jsonl:1: stands in other.jsonl:3 too; write it in other words."]
    assert faults(GOOD, foreign=[("other.jsonl:3", text)]) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [("nonsense", "not JSON"), ("[]", "needs 'text'"), ('{"text": 3}', "needs 'text' as str")],
)
def test_unreadable_lines_are_named(tmp_path, line, message):
    """File and line are told."""
    path = tmp_path / "en.jsonl"
    good = {"text": "x", "label": "chrome", "kinds": [], "domain": "news", "family": "en-1"}
    path.write_text(json.dumps(good) + "\n" + line + "\n")
    with pytest.raises(corpus.CorpusError, match=f"en.jsonl:2: .*{message}"):
        corpus.read([path])


def test_fingerprint_sees_every_field():
    """Any change of what is learned is another corpus."""
    prints = {
        corpus.fingerprint([replace(GOOD, **change)])
        for change in ({}, {"text": "x"}, {"kinds": ("privacy",)}, {"family": "en-9"}, {"domain": "law"})
    }
    assert len(prints) == 5
    assert corpus.fingerprint([GOOD]) == corpus.fingerprint([replace(GOOD, at="elsewhere:7")])
