"""For those who run the server: whether it lives, whether it is ready, and figures for Prometheus."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from web import problems
from web.data import articles, statistics
from web.data.database import Database
from web.data.errors import DataError
from web.data.schema import STATUSES
from web.services import database, detector

blueprint = Blueprint("health", __name__)
blueprint.register_error_handler(DataError, problems.answer)

#: Set by those who run several processes: a folder where these share their counts.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


@blueprint.get("/healthz")
def live() -> Response:
    """That the server answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def ready() -> Response:
    """That it can work: the database answers and has the tables of this version, the model is loaded."""
    database().check()
    model = detector().model
    told = {"status": "ok", "revision": database().revision(), "model": model.name}
    return jsonify(told | {"fingerprint": model.header["fingerprint"]})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus."""
    registry: CollectorRegistry = current_app.extensions["metrics"]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def watch(app: Flask) -> None:
    """Count the requests of an application and how long they take; give it figures of its own."""
    own = CollectorRegistry()
    names = ["method", "route", "status"]
    requests = Counter("detector_requests", "Requests.", names, registry=own)
    seconds = Histogram("detector_request_seconds", "Time of requests.", ["method", "route"], registry=own)
    app.extensions["metrics"] = _shown(own, app.extensions["database"])

    def begin() -> None:
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        requests.labels(request.method, route, response.status_code).inc()
        seconds.labels(request.method, route).observe(time.perf_counter() - g.began)
        return response

    # First of all: what the others refuse is counted too.
    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(end)


def _shown(own: CollectorRegistry, database: Database) -> CollectorRegistry:
    """What is shown: the counts of this process, or of all that share a folder, and figures of the data."""
    registry = own
    if os.environ.get(_SHARED):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_Data(database))
    return registry


class _Data(Collector):
    """Figures that the database knows, read when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        with self._database.reading() as session:
            state = statistics.queue_state(session)
            count = articles.count(session)
            decided = statistics.decisions_per_hour(session, 1)[-1][1]
        queue = GaugeMetricFamily("detector_families", "Families by status.", labels=["status"])
        for status in STATUSES:
            queue.add_metric([status], state.length.get(status, 0))
        yield queue
        yield GaugeMetricFamily("detector_queue_oldest_seconds", "Longest wait.", state.oldest or 0)
        yield GaugeMetricFamily("detector_articles", "Articles.", count)
        yield GaugeMetricFamily("detector_decisions_this_hour", "Decisions since the full hour.", decided)
