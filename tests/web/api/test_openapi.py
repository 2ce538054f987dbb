"""The document is valid, complete, and true."""

import re

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.api.conftest import ARTICLE
from web.openapi import DOCUMENT
from web.schemas import SCHEMAS

METHODS = {"get", "post", "put", "delete", "patch"}


def documented():
    """Method and path of each operation."""
    return {(m.upper(), path) for path, rows in DOCUMENT["paths"].items() for m in METHODS & set(rows)}


def test_it_is_openapi(app):
    """Valid by the specification, and served without a token."""
    served = app.test_client().get("/openapi.json").json
    OpenAPIV31SpecValidator(served).validate()
    assert served == DOCUMENT


def test_it_has_every_route_and_no_other(app):
    """Routes and document are the same set."""
    routes = {
        (method, re.sub(r"<[^>]*:(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == documented()


def test_every_schema_is_used():
    """And none is missing: what is referred to is there."""
    used = set(re.findall(r"#/components/schemas/(\w+)", str(DOCUMENT)))
    assert used == set(SCHEMAS)


def test_operations_have_names_of_their_own():
    """Clients are generated from them."""
    names = [rows[m]["operationId"] for rows in DOCUMENT["paths"].values() for m in METHODS & set(rows)]
    assert len(names) == len(set(names)) == len(documented())


def test_answers_are_as_documented(lead, stored, notice):
    """Every answer of JSON has the schema that the document gives it."""
    source = lead.get("/sources").json["sources"][0]["id"]
    hook = lead.post("/hooks", json={"url": "https://hooks.example/in"}).json["id"]
    calls = {
        ("POST", "/articles"): {"json": ARTICLE},
        ("GET", "/articles"): {},
        ("POST", "/articles/clean"): {"json": {"ids": [stored, 10**6]}},
        ("GET", "/articles/{number}"): {"number": stored},
        ("GET", "/articles/{number}/clean"): {"number": stored},
        ("GET", "/queue"): {},
        ("GET", "/queue/next"): {},
        ("POST", "/families/{number}/decisions"): {"number": notice, "json": {"verdict": "hide"}},
        ("GET", "/families/{number}"): {"number": notice},
        ("GET", "/families/{number}/copies"): {"number": notice},
        ("POST", "/undo"): {},
        ("GET", "/sources"): {},
        ("GET", "/sources/{number}/policy"): {"number": source},
        ("PUT", "/sources/{number}/policy"): {"number": source, "json": {"policy": {}}},
        ("GET", "/export"): {},
        ("GET", "/hooks"): {},
        ("POST", "/hooks"): {"json": {"url": "https://hooks.example/two"}},
        ("DELETE", "/hooks/{number}"): {"number": hook},
    }
    assert set(calls) == documented()
    for (method, path), options in calls.items():
        answer = lead(method, path.format(number=options.pop("number", 0)), **options)
        told = DOCUMENT["paths"][path][method.lower()]["responses"][str(answer.status_code)]
        if schema := told.get("content", {}).get("application/json", {}).get("schema"):
            shown = {**schema, "components": {"schemas": SCHEMAS}}
            Draft202012Validator(shown).validate(answer.json)


def test_problems_are_as_documented(lead):
    """Also those of paths that there are not."""
    for path in ("/articles/1", "/nothing"):
        shown = SCHEMAS["Problem"] | {"components": {"schemas": SCHEMAS}}
        Draft202012Validator(shown).validate(lead.get(path).json)
