"""The description of the API, OpenAPI 3.1: what /openapi.json serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, jsonify

from web import bodies, problems
from web.data.schema import STATUSES
from web.schemas import (
    MOST_ROWS,
    NUMBER,
    SCHEMAS,
    SCOPE_TEXTS,
    SHARE,
    TEXT,
    Schema,
    to,
)

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def show() -> Response:
    """The description, for programs that write clients."""
    return jsonify(DOCUMENT)


def _query(name: str, schema: Schema, about: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": about}


def _json(schema: Schema, media_type: str = bodies.JSON) -> Schema:
    return {"content": {media_type: {"schema": schema}}}


def _operation(
    name: str,
    scope: str,
    about: str,
    answers: Mapping[int, Schema],
    faults: Sequence[int] = (),
    parameters: Sequence[Schema] = (),
    body: Schema | None = None,
) -> Schema:
    """An operation; every one may also answer that the caller may not, or not now."""
    all_faults = {401, 403, 429, 503, *faults} | ({400, 413, 415, 422} if body else set())
    told = {str(code): {"description": _MEANING[code], **answer} for code, answer in answers.items()}
    told |= {str(code): {"$ref": f"#/components/responses/{code}"} for code in sorted(all_faults)}
    found: Schema = {"operationId": name, "summary": about, "security": [{"token": [scope]}]}
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        found["requestBody"] = {"required": True, **body}
    return found | {"responses": told}


_MEANING = {
    200: "Done.",
    201: "Made.",
    204: "Done; there is nothing to say.",
    304: "You have it already.",
    400: "The body is no JSON.",
    401: "No token, or none that is good.",
    403: "The token, or its owner, may not do this.",
    404: "There is no such thing.",
    409: "Somebody else was first, or what was seen has changed.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A value is not one of those that are possible.",
    429: "Too many calls; Retry-After says when to come back.",
    503: "The database cannot do it now; Retry-After says when to come back.",
}
_FAULTS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_PATH_ID = {"name": "number", "in": "path", "required": True, "schema": NUMBER}
_SOURCE = _query("source", TEXT, "The name of a publisher.")
_PAGE = (
    _query("cursor", TEXT | {"pattern": "^[1-9][0-9]{0,17}$"}, "What `next` of the page before says."),
    _query(
        "limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 50}, "Rows of a page."
    ),
)
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 1 << 62}
_FILTER = (
    _query("source_id", NUMBER | {"maximum": 1 << 62}, "Families with a copy at this source."),
    _query("language", TEXT, "A language by its code."),
    _query("kind", TEXT, "A kind of notice, such as not_advice."),
    _query("label", TEXT, "What the detector says: notice, chrome, editorial or unsure."),
    _query("lowest", SHARE, "The lowest score."),
    _query("highest", SHARE, "The highest score."),
    _query("since", _NUMBER, "First seen then or later, in seconds since 1970."),
    _query("until", _NUMBER, "First seen then or before, in seconds since 1970."),
    _query("status", {"enum": list(STATUSES)}, "A status."),
    _query("text", TEXT, "A part of the wording."),
)
_SKIP = _query("skip", {"type": "array", "items": NUMBER, "maxItems": MOST_ROWS}, "Families not wanted now.")
_INCOMING = {
    "content": {
        bodies.JSON: {"schema": {"oneOf": [to("Incoming"), to("IncomingMany")]}},
        bodies.LINES[0]: {"schema": TEXT | {"description": "An Incoming a line."}},
    }
}
_STORED = {"anyOf": [to("Stored"), to("StoredMany")]}
_CLEAN = {
    "content": {
        bodies.JSON: {"schema": to("Clean")},
        "text/plain": {"schema": TEXT},
        "text/html": {"schema": TEXT},
    },
    "headers": {"ETag": {"schema": TEXT}},
}
_EXPORT = {"content": {bodies.LINES[0]: {"schema": TEXT}, "text/csv": {"schema": TEXT}}}
_FORMAT = _query("format", {"enum": ["json", "text", "html"], "default": "json"}, "What is answered.")
_EXPORT_FORMAT = _query("format", {"enum": ["jsonl", "csv"], "default": "jsonl"}, "What is answered.")
_MATCH = {"name": "If-None-Match", "in": "header", "schema": TEXT, "description": "An ETag that you have."}

_PATHS: dict[str, Schema] = {
    "/articles": {
        "post": _operation(
            "add_articles",
            "intake",
            "Take in one article, or many; known ones stay, changed ones are replaced.",
            {200: _json(_STORED), 201: _json(to("Stored"))},
            parameters=[_SOURCE],
            body=_INCOMING,
        ),
        "get": _operation(
            "list_articles",
            "read",
            "Articles, the newest first.",
            {200: _json(to("Briefs"))},
            (404, 422),
            [
                _SOURCE,
                _query("key", TEXT, "The article of the source with this key."),
                _query("search", TEXT, "A part of title, key or URL."),
                *_PAGE,
            ],
        ),
    },
    "/articles/clean": {
        "post": _operation(
            "get_clean_many",
            "read",
            "Many articles as their readers get them.",
            {200: _json(to("CleanMany"))},
            body=_json(to("CleanIds")),
        )
    },
    "/articles/{number}": {
        "parameters": [_PATH_ID],
        "get": _operation(
            "get_article",
            "read",
            "An article with its segments, and what is done with each.",
            {200: _json(to("Article"))},
            (404,),
        ),
    },
    "/articles/{number}/clean": {
        "parameters": [_PATH_ID],
        "get": _operation(
            "get_clean",
            "read",
            "An article as its readers get it: verdicts and policy applied.",
            {200: _CLEAN, 304: {}},
            (404, 422),
            [_FORMAT, _MATCH],
        ),
    },
    "/families/{number}": {
        "parameters": [_PATH_ID],
        "get": _operation(
            "get_family",
            "read",
            "One wording, with all that was decided of it.",
            {200: _json(to("Family"))},
            (404,),
        ),
    },
    "/families/{number}/copies": {
        "parameters": [_PATH_ID],
        "get": _operation(
            "list_copies",
            "read",
            "The copies of a wording, the newest first.",
            {200: _json(to("Copies"))},
            (404, 422),
            _PAGE,
        ),
    },
    "/families/{number}/decisions": {
        "parameters": [_PATH_ID],
        "post": _operation(
            "decide",
            "decide",
            "Decide for all copies of a wording.",
            {201: _json(to("Decided"))},
            (404, 409),
            body=_json(to("Verdict")),
        ),
    },
    "/queue": {
        "get": _operation(
            "count_queue",
            "read",
            "How many families of each status match a filter.",
            {200: _json(to("Queue"))},
            (422,),
            _FILTER,
        )
    },
    "/queue/next": {
        "get": _operation(
            "next_card",
            "decide",
            "The card to decide next, for a while the caller's alone.",
            {200: _json(to("Card")), 204: {}},
            (422,),
            [*_FILTER, _SKIP],
        )
    },
    "/undo": {
        "post": _operation(
            "undo",
            "decide",
            "Take back the caller's last decision, or bulk decision as one.",
            {200: _json(to("Undone"))},
            (409,),
        )
    },
    "/sources": {
        "get": _operation("list_sources", "read", "All sources.", {200: _json(to("Sources"))}),
    },
    "/sources/{number}/policy": {
        "parameters": [_PATH_ID],
        "get": _operation(
            "get_policy",
            "read",
            "What is done with the notices of a source.",
            {200: _json(to("Source"))},
            (404,),
        ),
        "put": _operation(
            "set_policy",
            "decide",
            "Set what is done with the notices of a source; for leads.",
            {200: _json(to("Source"))},
            (404,),
            body=_json(to("SourcePolicy")),
        ),
    },
    "/export": {
        "get": _operation(
            "get_export",
            "export",
            "All verdicts as lines for training, or every decision as CSV.",
            {200: _EXPORT},
            (422,),
            [_EXPORT_FORMAT],
        )
    },
    "/hooks": {
        "get": _operation(
            "list_hooks", "export", "Who is told of verdicts; for leads.", {200: _json(to("Hooks"))}
        ),
        "post": _operation(
            "add_hook",
            "export",
            "Have an address told of verdicts; for leads.",
            {201: _json(to("Hook"))},
            body=_json(to("HookUrl")),
        ),
    },
    "/hooks/{number}": {
        "parameters": [_PATH_ID],
        "delete": _operation(
            "remove_hook", "export", "Tell an address nothing more; for leads.", {204: {}}, (404,)
        ),
    },
}


def _document() -> Schema:
    answers = {
        str(code): {"description": _MEANING[code], **_json(to("Problem"), problems.MEDIA_TYPE)}
        for code in _FAULTS
    }
    token = {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of the page Settings. Scopes: "
        + "; ".join(f"{scope}: {about}" for scope, about in SCOPE_TEXTS.items()),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "disclaimer-detector",
            "version": "1",
            "summary": "A person settles a notice once, for every copy of it.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api/v1"}],
        "paths": _PATHS,
        "components": {"schemas": SCHEMAS, "responses": answers, "securitySchemes": {"token": token}},
    }


DOCUMENT = _document()
