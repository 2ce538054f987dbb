"""Whatever is sent, an answer is one that the document tells of, and never a fault of the server."""

from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import missing
from tests.web.api.conftest import ARTICLE
from web.openapi import DOCUMENT

METHODS = ("get", "post", "put", "delete")
OPERATIONS = [
    (method, path) for path, rows in DOCUMENT["paths"].items() for method in METHODS if method in rows
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_any_call_is_answered_as_documented(app, lead, notice, method, path):
    """Calls made from the schemas, and such as break them: status, type and body are in the document."""
    if find_spec("schemathesis") is None:
        missing("schemathesis")
    import schemathesis
    from schemathesis.specs.openapi import checks

    app.config["API_RATE"] = app.config["API_FAILURES"] = 1_000_000
    lead.post("/articles", json=ARTICLE | {"key": "other"})
    operation = schemathesis.openapi.from_wsgi("/openapi.json", app)[path][method]
    headers = {"Authorization": f"Bearer {lead.key}"}
    # Some rules are beyond a schema: that an article or its call names a source, which hosts there may be.
    excluded = [checks.positive_data_acceptance]

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def call(case):
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    call()
