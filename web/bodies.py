"""Bodies of requests: JSON that is checked by the schema that the document shows."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import request
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from web.data.errors import InvalidError
from web.schemas import SCHEMAS

JSON = "application/json"
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
#: How much of what is wrong a message shows, in characters.
_SHOWN = 200


def read(name: str) -> Any:
    """The body, which is to be JSON of a schema.

    Raises `BadRequest` where it is no JSON, `InvalidError` where it is of another schema.
    """
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"Send the body as Content-Type: {JSON}.")
    return checked(parsed(request.get_data(cache=False)), name)


def parsed(data: bytes) -> Any:
    """The value of some JSON. Raises `BadRequest`."""
    try:
        return json.loads(data, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"This is no JSON ({error}).") from error


def checked(value: Any, name: str) -> Any:
    """The value, where it is of a schema. Raises `InvalidError` with the place of what is not."""
    try:
        error = best_match(_validator(name).iter_errors(value))
        fault = None if error is None else _told(error)
    except RecursionError:
        fault = "It is nested too deeply"
    if fault is not None:
        raise InvalidError(f"{fault}: see {name} in /openapi.json.")
    return value


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


@cache
def _validator(name: str) -> Draft202012Validator:
    document = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(document)


def _told(error: ValidationError) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    message = error.message
    if len(message) > _SHOWN:
        message = f"{message[: _SHOWN // 2]} … {message[-_SHOWN // 2 :]}"
    return f"{place.lstrip('.')}: {message}" if place else message
