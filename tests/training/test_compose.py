"""Composed notices are varied, well formed and in their language."""

import pytest

from detector.segmentation import sentences
from training import compose, corpus
from training.corpus import KINDS, CorpusError

NAMES = compose.available()


@pytest.mark.parametrize("name", NAMES)
def test_a_grammar_composes_many_notices(name):
    """Hundreds of wordings, each with kinds, none with a blank before its marks."""
    made = list(compose.notices(compose.grammar(name), 300))
    assert len({example.text for example in made}) > 200
    for example in made:
        assert example.language == name and example.kinds and set(example.kinds) <= set(KINDS)
        assert " ." not in example.text and "  " not in example.text


@pytest.mark.parametrize("name", NAMES)
def test_a_grammar_knows_all_kinds(name):
    """No kind is forgotten in any language."""
    grammar = compose.grammar(name)
    assert {kind for sentence in grammar.sentences for kind in sentence.kinds} == set(KINDS)


def test_every_language_of_the_corpus_has_a_grammar():
    """And no grammar is of no language."""
    assert set(corpus.languages(corpus.read())) == set(NAMES)


def test_crossing_puts_a_notice_into_a_story():
    """The place given is that of the notice, and the story around it is whole."""
    examples = corpus.read([corpus.FOLDER / "en.jsonl"])
    for text, (start, end) in compose.crossed(examples, 50):
        notice = text[start:end]
        assert notice and notice == notice.strip()
        rest = (text[:start] + text[end:]).strip()
        assert len(sentences(rest)) > 1


def test_the_same_seed_composes_the_same():
    """Fits are reproducible."""
    grammar = compose.grammar("en")
    assert list(compose.notices(grammar, 20)) == list(compose.notices(grammar, 20))
    assert list(compose.notices(grammar, 20)) != list(compose.notices(grammar, 20, seed=2))


def test_a_broken_grammar_is_named(tmp_path, monkeypatch):
    """File and reason."""
    monkeypatch.setattr(compose, "FOLDER", tmp_path)
    (tmp_path / "xx.toml").write_text('openers = []\n[[sentence]]\nkinds = ["advert"]\nparts = [["a"]]\n')
    with pytest.raises(CorpusError, match="unknown kind 'advert'"):
        compose.grammar("xx")
    with pytest.raises(CorpusError, match=r"yy\.toml: not a grammar"):
        compose.grammar("yy")
