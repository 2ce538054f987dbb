"""The dashboard and its drawings."""

import re

import pytest

from web import charts
from web.data.statistics import Precision, Week

HOUR = 3600


def test_empty(reader):
    """With nothing there yet, the figures say so and draw nothing."""
    page = reader.get("/dashboard").text
    assert "No verdicts yet" in page and '<svg class="chart"' not in page


def test_full(lead, families):
    """With verdicts, pace, scores, weeks and precision are drawn."""
    lead.post(f"/queue/{families[1].id}/decide", verdict="hide", seen="open-")
    page = lead.get("/dashboard").text
    for title in ("Decisions per hour", "Places by score", "Share of notices by week", "Precision by kind"):
        assert f"{title}</title>" in page
    assert "21%–100%, of 1 wording" in page


@pytest.mark.parametrize(
    "chart",
    [
        charts.pace([(i * HOUR, i) for i in range(48)]),
        charts.histogram(list(range(20))),
        charts.drift([Week(i * 7 * 86400, 1, 10, i, i / 10, 0.2) for i in range(10)]),
        charts.precision([("<b>x</b>", Precision("x", 1, 2, 0.5, 0.1, 0.9))], "kind"),
    ],
    ids=["pace", "histogram", "drift", "precision"],
)
def test_drawings_are_told(chart):
    """Each drawing has a title and a description that its element points to, and its numbers as a table."""
    names = re.search(r'aria-labelledby="(\S+) (\S+)"', chart.svg)
    assert f'<title id="{names[1]}">{chart.title}' in chart.svg
    assert f'<desc id="{names[2]}">' in chart.svg and chart.told
    assert chart.rows and all(len(row) == len(chart.head) for row in chart.rows)
    assert "<b>" not in chart.svg and "style=" not in chart.svg


def test_bars_are_to_scale():
    """Bars are as high as their numbers are large, and none is drawn for 0."""
    svg = charts.pace([(0, 10), (HOUR, 0), (2 * HOUR, 5)]).svg
    heights = [float(height) for height in re.findall(r'class="bar"[^>]* height="([\d.]+)"', svg)]
    assert len(heights) == 2 and heights[0] == pytest.approx(2 * heights[1], abs=0.2)


@pytest.mark.parametrize("most", [2, 8, 10, 20, 4000])
@pytest.mark.parametrize("draw", [lambda n: charts.pace([(0, n)]), lambda n: charts.histogram([4 * n])])
def test_lines_stand_at_half_and_all_of_the_height(draw, most):
    """And the first is 0, so that bars can be read off."""
    svg = draw(most).svg
    said = re.findall(r'class="tick"[^>]*text-anchor="end">([^<]+)<', svg)
    lines = [float(y) for y in re.findall(r'class="grid"[^>]* y1="([\d.]+)"', svg)]
    assert len(lines) == 3 and lines[1] == pytest.approx((lines[0] + lines[2]) / 2, abs=0.1)
    assert said[0] == "0"


def test_one_week_is_told_alone():
    """What there is one of is not compared with itself."""
    week = Week(0, 1, 10, 2, 0.2, 0.2)
    assert charts.drift([week]).told == "20.0% in the newest week."
    assert charts.drift([week, week]).told == "20.0% in the newest week, 20.0% in the first of 2."


def test_intervals_are_to_scale():
    """The dot of a precision lies within its interval."""
    svg = charts.precision([("x", Precision("x", 9, 10, 0.9, 0.6, 0.98))], "kind").svg
    line = re.search(r'class="interval" x1="([\d.]+)" x2="([\d.]+)"', svg)
    dot = float(re.search(r'class="dot" cx="([\d.]+)"', svg)[1])
    assert float(line[1]) < dot < float(line[2])


def test_many_rows_are_in_the_table():
    """Of very many rows the drawing has those with most verdicts, the table all."""
    figures = [(f"n{i}", Precision("x", 1, i + 1, 0.5, 0.1, 0.9)) for i in range(60)]
    chart = charts.precision(figures, "source")
    assert chart.svg.count('class="interval"') == charts.ROWS and len(chart.rows) == 60
    assert chart.rows[0][0] == "n59"


def test_share_is_never_rounded_to_all():
    """What is not all does not show as 100 %."""
    from web.names import percent

    assert percent(0.9999) == ">99%" and percent(0.99996, 1) == ">99.9%" and percent(1.0) == "100%"
