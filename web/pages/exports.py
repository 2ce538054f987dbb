"""Exports: the verdicts as a file, for training and for people."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from typing import IO, Any, TextIO

from flask import Blueprint, Response, send_file

from web.data import export
from web.pages.presence import needs
from web.services import database

blueprint = Blueprint("exports", __name__, url_prefix="/export")


@blueprint.get("/verdicts.jsonl")
@needs("moderator")
def lines() -> Response:
    """The user gets the settled wordings as JSON Lines that training reads."""
    return _file(export.write_jsonl, "verdicts.jsonl", "application/jsonl")


@blueprint.get("/verdicts.csv")
@needs("moderator")
def table() -> Response:
    """The user gets every decision as a table."""
    return _file(export.write_csv, "verdicts.csv", "text/csv; charset=utf-8")


def _file(write: Callable[[Any, TextIO], int], name: str, sort: str) -> Response:
    """The whole is written first, so that a failure is an error and not half a file."""
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed when it is sent)
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    with database().reading() as session:
        write(session, text)
    text.detach()
    file.seek(0)
    return send_file(file, sort, as_attachment=True, download_name=name)
