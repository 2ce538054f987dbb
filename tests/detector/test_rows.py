"""Verdicts on many texts at once are those on one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector import Detector, rows
from detector.model import load
from tests.cases import cases

JUDGES = {point: Detector(load(), point) for point in ("strict", "balanced", "eager")}
STOCK, PLAIN, CHROME = ([row["text"] for row in cases(name)] for name in ("stock", "plain", "furniture"))
FOREIGN = (
    "Udalak gaur iragarri du arrain azoka berria datorren hilean irekiko dela portuaren ondoan, eta hori."
)
GLUE = st.sampled_from(
    [" ", "\n\n", "\n", " – ", " (", ") ", "。", " | ", " [x](http://a.example) ", "\u2028", "- ", " © "]
)
TEXTS = st.lists(
    st.one_of(st.sampled_from(STOCK), st.sampled_from(PLAIN), st.sampled_from([*CHROME, FOREIGN]), GLUE),
    max_size=5,
)


def told(report):
    """What a row says of a report: nothing where all is editorial."""
    return report if rows.label(report) != "editorial" or report.notices or report.dropped else None


@given(st.lists(TEXTS.map("".join), min_size=1, max_size=6), st.sampled_from(sorted(JUDGES)))
@settings(max_examples=250, deadline=None)
def test_a_row_is_judged_as_its_text(texts, point):
    """Score, label, kinds and spans are those of `analyze` and `score`, in any company."""
    judge = JUDGES[point]
    found = rows.judge(judge, texts)
    assert found.scores.tolist() == judge.score(texts).tolist()
    for i, text in enumerate(texts):
        assert found.reports.get(i) == told(judge.analyze(text))


def test_every_case_is_judged_as_its_text(judge):
    """The same for all our cases in one call."""
    texts = [row["text"] for name in ("stock", "hard", "plain", "furniture", "inline") for row in cases(name)]
    found = rows.judge(judge, texts)
    assert [found.reports.get(i) for i in range(len(texts))] == [told(judge.analyze(t)) for t in texts]
    assert judge.analyze_all(texts) == [judge.analyze(text) for text in texts]


def test_faults_are_told_and_the_others_judged(judge):
    """A missing text is a fault at its place, with a score that is no number."""
    found = rows.judge(judge, ["It rained.", None, "All rights reserved."])
    assert dict(found.faults) == {1: "no text"}
    assert np.isnan(found.scores).tolist() == [False, True, False]
    assert list(found.reports) == [2]


def test_a_page_is_scored_by_what_its_reader_sees(judge):
    """In a column of HTML the score is of the visible text, and an unreadable format is each row's fault."""
    pytest.importorskip("lxml")
    page = "<p>All rights <b>reserved</b>.</p>"
    found = rows.judge(judge, [page, "<p>It rained.</p>"], "html")
    assert found.scores.tolist() == judge.score(["All rights reserved.", "It rained."]).tolist()
    assert rows.label(found.reports[0]) == "notice"
    feed = rows.judge(judge, ["<rss><channel></channel></rss>", "It rained."])
    assert list(feed.faults) == [0] and "feed" in feed.faults[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("All rights reserved.", "notice"),
        ("All rights reserved.\n\nThis is not investment advice.", "notice"),
        ("The harbour reopened on Monday after the storm.\n\nAll rights reserved.", "editorial"),
        (FOREIGN, "unsure"),
        ("", "editorial"),
    ],
)
def test_the_label_of_a_whole_text(judge, text, label):
    """Where all segments agree, theirs; else the text is editorial and its notices are spans."""
    assert rows.label(judge.analyze(text)) == label
