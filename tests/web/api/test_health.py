"""What those who run the server look at."""

import re

from prometheus_client.parser import text_string_to_metric_families

from web.data.database import Database


def figures(app):
    """All figures by name and labels."""
    text = app.test_client().get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_lives_also_without_a_database(app, tmp_path):
    """Whoever restarts what does not answer must not restart for want of a database."""
    app.extensions["database"] = Database.open(tmp_path / "no.db")
    assert app.test_client().get("/healthz").json == {"status": "ok"}
    app.extensions["database"].close()


def test_it_is_ready_with_database_and_model(app, judge, database):
    """It says which revision and which model; without tables it is not ready, and says what to do."""
    told = app.test_client().get("/readyz").json
    assert told["revision"] == database.head()
    assert told["model"] == judge.model.name and re.fullmatch("[0-9a-f]{64}", told["fingerprint"])


def test_it_is_not_ready_without_tables(app, tmp_path):
    """503, with the remedy."""
    app.extensions["database"] = Database.open(tmp_path / "no.db")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503 and "python -m web" in answer.json["detail"]
    app.extensions["database"].close()


def test_requests_are_counted(app, lead, stored):
    """By method, route and status: a route has one line whatever its numbers."""
    for number in (stored, stored, 10**6):
        lead.get(f"/articles/{number}")
    found = {key[1:]: value for key, value in figures(app).items() if key[0] == "detector_requests_total"}
    mine = {dict(key)["status"]: n for key, n in found.items() if "number" in dict(key)["route"]}
    assert mine == {"200": 2, "404": 1}


def test_strange_paths_do_not_make_figures(app):
    """Nobody can fill the memory with routes that there are not."""
    for name in ("a", "b"):
        app.test_client().get(f"/{name}")
    routes = {dict(key[1:]).get("route") for key in figures(app)}
    assert not routes & {"/a", "/b"} and "none" in routes


def test_the_queue_is_measured(app, lead, notice):
    """Families by status, articles, decisions."""
    lead.post(f"/families/{notice}/decisions", json={"verdict": "hide"})
    found = figures(app)
    assert found["detector_families", ("status", "settled")] == 1
    assert found["detector_articles",] == 1
    assert found["detector_decisions_this_hour",] == 1


def test_applications_have_figures_of_their_own(app, judge, tmp_path, database):
    """Two in one process do not add up."""
    from tests.web.api.conftest import create_app

    app.test_client().get("/healthz")
    other = create_app(app.extensions["settings"], judge, database)
    assert not any("/healthz" in str(key) for key in figures(other))
