"""From a text to its report, with the shipped model."""

import subprocess
import sys

import numpy as np
import pytest

import detector
from detector import Detector, Document, FormatError, InputError
from tests.cases import cases

FAILURES = {row["text"] for row in cases("known-failures")}


def marked(name):
    """Rows of a case file as parameters; known failures are strict: a cure must be noticed."""
    return [
        pytest.param(row, id=f"{name}-{i}", marks=pytest.mark.xfail if row["text"] in FAILURES else ())
        for i, row in enumerate(cases(name))
    ]


@pytest.mark.parametrize("row", marked("stock"))
def test_ordinary_notices_are_found(row, judge):
    """The plainest lines that stand under pages."""
    assert judge.analyze(row["text"]).segments[0].label == "notice"


@pytest.mark.parametrize("row", marked("hard") + marked("plain"))
def test_stories_are_kept(row, judge):
    """Talk about notices is no notice; the costliest error is to lose a story."""
    report = judge.analyze(row["text"])
    assert report.notices == ()
    assert report.editorial_text == row["text"]


@pytest.mark.parametrize("row", marked("furniture"))
def test_furniture_is_no_notice(row, judge):
    """Chrome is never called a notice."""
    assert judge.analyze(row["text"]).notices == ()


@pytest.mark.parametrize("row", marked("inline"))
def test_a_notice_sentence_is_found_and_its_story_kept(row, judge):
    """Only the sentence goes."""
    report = judge.analyze(row["text"])
    assert [n.text for n in report.notices] == [row["notice"]]


def test_most_furniture_is_recognised(judge):
    """Chrome is told from story where it is plain; missing some is harmless, so a share will do."""
    labels = [judge.analyze(row["text"]).segments[0].label for row in cases("furniture")]
    assert labels.count("chrome") >= len(labels) / 2


def test_the_french_sample(samples, judge):
    """One long notice in the middle, one line of chrome, and two copies of the story kept whole."""
    text = samples["news-fr.md"]
    report = judge.analyze(text)
    (notice,) = report.notices
    assert {"third_party", "no_warranty", "not_advice"} <= set(notice.kinds)
    assert notice.text in text.splitlines()
    (chrome,) = (s for s in report.segments if s.label == "chrome")
    kept = [line for line in text.splitlines() if line not in (notice.text, chrome.text)]
    assert report.editorial_text.splitlines() == kept
    assert detector.strip(text) == report.editorial_text


def test_a_story_about_a_disclaimer_is_kept_whole(samples):
    """Court reports quote notices; nothing of them goes."""
    assert detector.strip(samples["law-en.txt"]) == samples["law-en.txt"]


def test_a_page_of_terms_is_told_and_not_emptied(samples):
    """A legal page is made of notices: the report says so, and stripping leaves it."""
    report = detector.analyze(samples["terms-en.txt"])
    assert report.legal_page
    assert detector.strip(samples["terms-en.txt"]) == samples["terms-en.txt"]


def test_format_is_checked():
    """An unknown format is an error that names the known ones."""
    with pytest.raises(FormatError, match="auto, text, markdown"):
        detector.analyze("x", format="docx")
    with pytest.raises(FormatError, match="auto, text, markdown"):
        detector.analyze(Document("x", "docx"))


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>It rained.", "\ufeff\n<html><body>It rained."])
def test_a_page_is_told_by_how_it_begins(judge, text):
    """HTML is read as its reader sees it, without a word about its format."""
    assert judge.analyze(text).text == "It rained."


@pytest.mark.parametrize(
    ("text", "message"),
    [("<?xml version='1.0'?><rss/>", "This is a feed"), ("<?xml version='1.0'?><svg/>", "no page")],
)
def test_other_xml_is_refused_rather_than_misread(judge, text, message):
    """A feed holds many documents, and other XML no story: an error says what to do."""
    with pytest.raises(FormatError, match=message):
        judge.analyze(text)


def test_drop_is_checked():
    """Only notices and chrome can be dropped, named in a list."""
    for wrong in (("story",), "notice"):
        with pytest.raises(InputError, match="notice, chrome"):
            detector.strip("x", drop=wrong)


def test_score_takes_one_or_many():
    """A float for a string, float32 for several, nothing for none."""
    assert isinstance(detector.score("Terms apply."), float)
    scores = detector.score(text for text in ["Terms apply.", ""])
    assert (scores.dtype, scores.shape) == (np.float32, (2,))
    assert detector.score([]).shape == (0,)


def test_explanation_names_the_words():
    """The heaviest words of a notice pull towards notice."""
    why = detector.explain("This is not investment advice.")
    assert len(why.top(3)) == 3
    assert sum(word.weight for word in why.top(3)) > 0
    assert "".join(word.text for word in detector.explain("风险自负").words) == "风险自负"


def test_to_sklearn_is_a_classifier_with_the_same_scores():
    """It fits into pipelines and clones, and predicts as the detector does."""
    from sklearn.base import clone

    judge = Detector.load()
    texts = [row["text"] for row in cases("stock")[:5] + cases("plain")[:5]]
    classifier = clone(judge.to_sklearn()).fit(texts)
    proba = classifier.predict_proba(texts)
    assert proba[:, 0].astype(np.float32).tolist() == judge.score(texts).tolist()
    assert proba.sum(axis=1) == pytest.approx(1)
    assert set(classifier.predict(texts)) == {"notice", "other"}


def test_importing_and_scoring_needs_no_scikit_learn():
    """The light core stays light."""
    code = (
        "import sys, detector; detector.score('x');"
        "print([m for m in ('sklearn', 'scipy', 'flask', 'pandas', 'rich') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
