"""The model abstains on languages that it does not know, and hardly anywhere else."""

import pytest

from detector import Detector, languages
from detector.ngrams import fold
from tests.cases import cases

UNKNOWN = {
    "Swahili": "Serikali ya wilaya imetangaza leo kwamba soko jipya la samaki litafunguliwa mwezi ujao "
    "karibu na bandari, na wafanyabiashara wadogo watapewa nafasi bila malipo kwa miezi mitatu ya kwanza.",
    "Basque": "Udalak gaur iragarri du arrain azoka berria datorren hilean irekiko dela portuaren ondoan, "
    "eta saltzaile txikiek hiru hilabetez ez dutela ezer ordainduko bertan jartzeagatik.",
    "Bengali": "পৌরসভা আজ জানিয়েছে যে নতুন মাছের বাজার আগামী মাসে বন্দরের কাছে খোলা হবে এবং ছোট "
    "ব্যবসায়ীরা প্রথম তিন মাস কোনো ভাড়া ছাড়াই জায়গা পাবেন।",
}
KNOWN = "The new fish market opens next month by the harbour, and traders pay no rent for three months."


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_language_is_unsure_and_kept(text, judge):
    """Neither notice nor story is claimed, and nothing is taken out."""
    report = judge.analyze(text)
    assert [s.label for s in report.segments] == ["unsure"]
    assert report.notices == () and report.editorial_text == text


def test_known_languages_are_hardly_ever_unsure(judge):
    """Our cases are in languages of the model; one in three hundred may be in words that it never saw."""
    texts = [row["text"] for name in ("stock", "hard", "plain", "furniture") for row in cases(name)]
    unsure = [t for t in texts if "unsure" in {s.label for s in judge.analyze(t).segments}]
    assert len(unsure) <= len(texts) / 300, unsure


def test_a_short_line_goes_with_its_text(judge):
    """A line too short to tell is unsure amid an unknown language, and judged amid a known one."""
    foreign = judge.analyze(UNKNOWN["Swahili"] + "\n\nHabari zaidi hapa")
    assert [s.label for s in foreign.segments] == ["unsure", "unsure"]
    assert judge.analyze(KNOWN + "\n\nHabari zaidi hapa").segments[1].label != "unsure"


def test_a_foreign_paragraph_in_a_known_text(judge):
    """Each long segment is judged by itself."""
    labels = [s.label for s in judge.analyze(f"{KNOWN}\n\n{UNKNOWN['Basque']}").segments]
    assert labels == ["editorial", "unsure"]


def test_words_are_counted(model):
    """Each text has its own words; the language that knows most of them counts."""
    total, known = languages.count(model, fold([UNKNOWN["Swahili"], KNOWN, "", "12 34"], model.symbols))
    assert total.tolist()[1:] == [18, 0, 0]
    assert known[1] > 0.8 * total[1] and known[0] < 0.4 * total[0]


def test_no_words_are_no_unknown_language(judge):
    """Numbers and marks are judged as they are."""
    assert judge.analyze("12.5 | 13.7 | 14.9\n\n***\n\n2024").segments[0].label != "unsure"


def test_points_order(model):
    """Strict calls no more than balanced, balanced no more than eager."""
    strict, balanced, eager = (Detector(model, point).limits for point in ("strict", "balanced", "eager"))
    assert strict.notice >= balanced.notice >= eager.notice
    assert strict.span >= balanced.span >= eager.span
