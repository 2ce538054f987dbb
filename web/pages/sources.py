"""Sources: what is done with the notices of each, and how right the detector is there."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import charts, names, problems
from web.data import sources, statistics
from web.data.errors import InvalidError
from web.data.schema import ACTIONS
from web.data.sources import Policy
from web.pages.presence import me, needs
from web.services import database

blueprint = Blueprint("sources", __name__, url_prefix="/sources")


@blueprint.get("")
@needs("reader")
def listed() -> str:
    """The user gets all sources with their policy and the detector's precision by their verdicts."""
    with database().reading() as session:
        rows = sources.listed(session)
        precision = {figure.name: figure for figure in statistics.precision(session, "source")}
    told = [(source, Policy.read(source.policy), precision.get(source.name)) for source in rows]
    return render_template("sources/listed.html", rows=told)


@blueprint.post("")
@needs("lead")
def add() -> Response:
    """The user gets a new source, to set its policy before its first article."""
    with database().writing() as session:
        source = sources.ensure(session, request.form.get("name", ""))
    return redirect(url_for("sources.one", source_id=source.id), 303)


@blueprint.get("/<int:source_id>")
@needs("reader")
def one(source_id: int) -> str:
    """The user gets the policy, the threshold, the precision and the weeks of a source."""
    return _page(source_id)


@blueprint.post("/<int:source_id>")
@needs("lead")
def set_policy(source_id: int) -> Response:
    """The user's policy holds for all articles of the source, also those that are there."""
    try:
        policy, threshold = _policy(), _threshold(request.form.get("threshold", ""))
        with database().writing() as session:
            sources.set_policy(session, me(), source_id, policy, threshold)
    except InvalidError as error:
        return make_response(_page(source_id, error), problems.status(error))
    flash("Saved. It holds from now on, for the articles that are there too.", "done")
    return redirect(url_for("sources.one", source_id=source_id), 303)


def _page(source_id: int, error: InvalidError | None = None) -> str:
    with database().reading() as session:
        source = sources.get(session, source_id)
        found = statistics.precision(session, "source")
        weeks = statistics.drift(session, 12, source_id)
    precision = next((figure for figure in found if figure.name == source.name), None)
    return render_template(
        "sources/one.html",
        source=source,
        policy=Policy.read(source.policy),
        precision=precision,
        drift=charts.drift(weeks),
        error=error,
    )


def _policy() -> Policy:
    """The policy of the form. Raises `InvalidError`."""
    form = request.form
    kinds = {kind: form[f"kind-{kind}"] for kind in names.KINDS if form.get(f"kind-{kind}") in ACTIONS}
    required = [kind for kind in form.getlist("required") if kind in names.KINDS]
    given = {"notice": form.get("notice"), "chrome": form.get("chrome"), "kinds": kinds, "required": required}
    return Policy.read(given)


def _threshold(text: str) -> float | None:
    """The threshold of the form, given in percent."""
    if not text.strip():
        return None
    try:
        return float(text.replace(",", ".")) / 100
    except ValueError as error:
        raise InvalidError("A threshold is a number from 0 to 100, or nothing.") from error
