"""What the detector is measured beside is real, and measured alike."""

import sys
import tomllib

import numpy as np
import pytest

from training import baselines, corpus
from training.corpus import CorpusError
from training.evaluation import beside
from training.sets import Row

ROWS = [
    Row("This site uses cookies.", "notice", ("privacy",), "en", "notice"),
    Row("Alle Angaben ohne Gewähr.", "notice", ("no_warranty",), "de", "notice"),
    Row("The ferry left at nine in the rain.", "editorial", (), "en", "plain"),
]


def test_phrases_and_keywords_find_what_they_name():
    """The published lists know English cookie lines; our keywords know more languages."""
    c4, nemo, keywords = baselines.lists()
    texts = [row.text for row in ROWS]
    assert c4.score(texts).tolist() == nemo.score(texts).tolist() == [1, 0, 0]
    assert keywords.score(["We use cookies.", texts[1], texts[2]]).tolist() == [1, 1, 0]


def test_every_language_has_keywords():
    """The baseline is honest: no language is left to fail."""
    words = tomllib.loads(baselines.KEYWORDS.read_text("utf-8"))
    assert set(words) == set(corpus.languages(corpus.read()))
    assert all(len(patterns) >= 7 for patterns in words.values())


def test_learners_learn():
    """TF-IDF with logistic regression tells what it has seen."""
    examples = corpus.read([corpus.FOLDER / "en.jsonl"])[::8]
    learned = baselines._tfidf("words", examples, analyzer="word")
    score = learned.score([example.text for example in examples])
    truth = np.array([example.label == "notice" for example in examples])
    assert score[truth].mean() > score[~truth].mean() + 0.4


def test_without_fasttext_the_remedy_is_told(monkeypatch):
    """Name and command."""
    monkeypatch.setitem(sys.modules, "fasttext", None)
    with pytest.raises(CorpusError, match="pip install fasttext"):
        baselines.fast_text([])


def test_systems_are_measured_alike():
    """Each system gets the same columns, and unknown languages are left out."""
    table = beside(baselines.lists(), {"en"}, ROWS, [])
    assert table["six phrases of C4"]["recall"] == 1.0
    assert table["keywords in 24 languages"]["plain_called_notice"] == 0.0
    assert len({tuple(values) for values in table.values()}) == 1
