"""Webhooks: which addresses are told of verdicts, and what became of the messages."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from web import problems
from web.data import outbox
from web.data.errors import InvalidError
from web.data.schema import Hook
from web.pages.presence import me, needs
from web.services import database

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")


@blueprint.get("")
@needs("lead")
def listed() -> str:
    """The user gets the addresses that are told of verdicts, and the newest messages."""
    return _page()


@blueprint.post("")
@needs("lead")
def add() -> Response:
    """The user gets the secret that signs what a new address is told; it is shown this once."""
    try:
        with database().writing() as session:
            hook = outbox.add_hook(session, me(), request.form.get("url", "").strip())
    except InvalidError as error:
        return make_response(_page(error=error), problems.status(error))
    return make_response(_page(hook))


@blueprint.post("/<int:hook_id>")
@needs("lead")
def change(hook_id: int) -> Response:
    """The user's address is told nothing for now, or is told again, or is forgotten."""
    wish = request.form.get("do")
    if wish not in ("on", "off", "remove"):
        raise InvalidError("Choose what is to be changed.")
    with database().writing() as session:
        if wish == "remove":
            outbox.remove_hook(session, me(), hook_id)
            said = "The address and its secret are forgotten."
        else:
            hook = outbox.set_active(session, me(), hook_id, wish == "on")
            said = f"{hook.url} is told {'of verdicts from now on' if hook.active else 'nothing any more'}."
    flash(said, "done")
    return redirect(url_for("hooks.listed"), 303)


@blueprint.post("/<int:hook_id>/test")
@needs("lead")
def test(hook_id: int) -> Response:
    """The user gets at once whether a message arrives."""
    delivery = outbox.test(database(), me(), hook_id)
    if delivery.error is None:
        flash("The test arrived: its signature is for the receiver to check.", "done")
    else:
        flash(f"The test did not arrive ({delivery.error}). Look at the address and at its server.", "warn")
    return redirect(url_for("hooks.listed"), 303)


def _page(new: Hook | None = None, error: InvalidError | None = None) -> str:
    with database().reading() as session:
        rows, sent = outbox.hooks(session), outbox.deliveries(session)
    url = request.form.get("url", "") if error else ""
    return render_template("hooks.html", rows=rows, sent=sent, new=new, error=error, url=url)
