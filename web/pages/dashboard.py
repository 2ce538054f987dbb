"""The dashboard: how long the queue is, how fast people are, and how right the detector is."""

from __future__ import annotations

from flask import Blueprint, render_template

from web import charts, names
from web.data import articles, statistics
from web.data.statistics import Precision
from web.pages.presence import needs
from web.services import database

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard")

HOURS, BINS, WEEKS = 48, 20, 12


@blueprint.get("")
@needs("reader")
def figures() -> str:
    """The user gets the figures of the queue, the people and the detector, drawn and as tables."""
    with database().reading() as session:
        queue = statistics.queue_state(session)
        pace = statistics.decisions_per_hour(session, HOURS)
        whole = statistics.precision(session)
        by = {
            sort: _named(sort, statistics.precision(session, sort)) for sort in ("language", "kind", "source")
        }
        histogram = statistics.histogram(session, BINS)
        weeks = statistics.drift(session, WEEKS)
        total = articles.count(session)
    drawn = {
        "pace": charts.pace(pace),
        "precision": {sort: charts.precision(figures, sort) for sort, figures in by.items()},
        "histogram": charts.histogram(histogram),
        "drift": charts.drift(weeks),
    }
    return render_template(
        "dashboard.html",
        queue=queue,
        whole=whole[0] if whole else None,
        articles=total,
        decided=sum(count for _, count in pace),
        hours=HOURS,
        charts=drawn,
    )


def _named(sort: str, figures: list[Precision]) -> list[tuple[str, Precision]]:
    """Figures with the names that people read."""
    shown = {"language": names.language, "kind": names.kind}.get(sort, str)
    return [(shown(figure.name), figure) for figure in figures]
