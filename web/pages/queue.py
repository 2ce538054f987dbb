"""The queue: one card, one question, one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from web import names, showing
from web.data import families, people, queue, sources, verdicts
from web.data.errors import ConflictError, InvalidError
from web.data.queue import Card
from web.data.schema import Batch, Decision, Family
from web.pages import selection
from web.pages.presence import me, needs
from web.services import database, detector

blueprint = Blueprint("queue", __name__)

#: So many skipped cards a browser remembers.
SKIPPED = 150
#: A longer wording is shown without its middle, and its span is not mended here.
LONGEST = 3000
#: Weights of evidence are shown in so many steps.
STEPS = 3
_GONE = "That one was decided meanwhile, by you or somebody else."


@dataclass(frozen=True, slots=True)
class View:
    """A card as the page shows it: `text` is marked up, `lead` and `tail` are what stands around it."""

    card: Card
    text: Markup
    lead: str
    tail: str
    words: tuple[tuple[int, int], ...]


@blueprint.get("/queue")
@needs("moderator")
def next_card() -> AnyResponse | str:
    """The user gets the card that is most worth his minute, leased to him."""
    chosen = selection.of(request.args)
    with database().writing() as writing:
        card = queue.take(writing, me(), chosen.filter, _skipped())
    return _page(card, chosen)


@blueprint.get("/queue/<int:family_id>")
@needs("moderator")
def one_card(family_id: int) -> str:
    """The user gets the card of one wording, leased to him."""
    with database().writing() as writing:
        card = queue.card(writing, me(), family_id)
    return _page(card, selection.of(request.args))


@blueprint.get("/queue/counts")
@needs("moderator")
def counts() -> Response:
    """The page of the user gets how many cards wait now, by status."""
    chosen = selection.of(request.args)
    with database().reading() as reading:
        return jsonify(queue.counts(reading, chosen.filter))


@blueprint.post("/queue/<int:family_id>/decide")
@needs("moderator")
def decide(family_id: int) -> AnyResponse:
    """The user's answer holds for every copy, and the next card comes."""
    verdict = "hide" if request.form.get("part") else request.form.get("verdict", "")
    try:
        with database().writing() as writing:
            family = families.get(writing, family_id)
            if request.form.get("seen") != seen(family):
                raise ConflictError(_GONE)
            verdicts.decide(writing, me(), family_id, verdict, _kinds(family, verdict), _span())
    except ConflictError as error:
        flash(str(error), "warn")
        return _onward()
    if request.args.get("from") == "family":
        flash(f"{names.VERDICT_DONE[verdict]}, in every copy.", "done")
        return redirect(url_for("families.one", family_id=family_id), 303)
    return _onward()


@blueprint.post("/queue/<int:family_id>/skip")
@needs("moderator")
def skip(family_id: int) -> AnyResponse:
    """The user gets the next card; this one does not come back to him for now."""
    session["skipped"] = [*_skipped(), family_id][-SKIPPED:]
    with database().writing() as writing:
        queue.release(writing, me(), family_id)
    return _onward()


@blueprint.post("/queue/skipped")
@needs("moderator")
def take_skipped() -> AnyResponse:
    """The user gets the cards that he skipped again."""
    session.pop("skipped", None)
    return _onward()


@blueprint.post("/queue/undo")
@needs("moderator")
def undo() -> AnyResponse:
    """The user's last act is taken back, a bulk one as a whole, and its card is before him again."""
    with database().writing() as writing:
        undone = verdicts.undo(writing, me())
    if undone is None:
        flash("There is nothing of yours to take back.", "warn")
        return _onward()
    if isinstance(undone, Batch):
        flash(f"Taken back as one: {names.counted(undone.done, 'wording')}.", "done")
        return _onward()
    return _again(undone)


def seen(family: Family) -> str:
    """The state of a wording, so that an answer is given to what was on the page and given once."""
    return f"{family.status}-{family.verdict or ''}"


def _again(undone: Decision) -> AnyResponse:
    flash(f"Taken back: {names.VERDICT[undone.verdict].lower()}. Decide again.", "done")
    family_id = undone.family_id
    session["skipped"] = [skipped for skipped in _skipped() if skipped != family_id]
    return redirect(url_for("queue.one_card", family_id=family_id, **selection.of(request.args).query), 303)


def _onward() -> AnyResponse:
    return redirect(url_for("queue.next_card", **selection.of(request.args).query), 303)


def _skipped() -> list[int]:
    skipped: list[int] = session.get("skipped", [])
    return skipped


def _page(card: Card | None, chosen: selection.Selection) -> str:
    with database().reading() as reading:
        told: dict[str, Any] = {
            "counts": queue.counts(reading, chosen.filter),
            "recent": _recent(verdicts.recent(reading, me(), 5), reading),
            "sources": sources.listed(reading),
            "languages": queue.languages(reading),
            "names": {person.id: person.name for person in people.everybody(reading)} if card else {},
        }
        source = sources.get(reading, card.article.source_id) if card else None
    return render_template(
        "queue/card.html",
        view=_view(card) if card else None,
        seen=seen(card.family) if card else "",
        source=source,
        chosen=chosen,
        keys=keys(me().keys),
        skipped=len(_skipped()),
        most=LONGEST,
        **told,
    )


def keys(own: Mapping[str, str]) -> dict[str, str]:
    """The key of each act; none at all for a person who has switched them off."""
    if own.get("shortcuts") == "off":
        return {}
    return {act: own.get(act, usual) for act, (usual, _) in names.KEYS.items()}


def _recent(decisions: list[Decision], reading: Any) -> list[tuple[Decision, Family]]:
    return [(decision, families.get(reading, decision.family_id)) for decision in decisions]


def _view(card: Card) -> View:
    lead, tail = _around(card)
    text = card.text
    marks = [*evidence(card.segment.evidence or [])]
    if len(text) > LONGEST:
        text = text[:LONGEST] + " …"
    words = tuple(showing.tokens(card.family.text)) if len(card.family.text) <= LONGEST else ()
    return View(card, showing.shown(text, marks), lead, tail, words)


def evidence(words: list[list[float]]) -> list[showing.Mark]:
    """Marks for the words that weighed: classes "for" or "against", in steps by weight."""
    most = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    return [
        (int(start), int(end), f"{'for' if weight > 0 else 'against'} w{_step(weight / most)}")
        for start, end, weight in words
    ]


def _step(share: float) -> int:
    return max(1, round(abs(share) * STEPS))


def _around(card: Card) -> tuple[str, str]:
    """What stands in the same paragraph before and after a notice inside one."""
    segment, text = card.segment, card.article.text
    if segment.parent is None:
        return "", ""
    begin = card.before[-1].end if card.before else 0
    stop = card.after[0].start if card.after else len(text)
    return text[begin : segment.start].lstrip()[-LONGEST:], text[segment.end : stop].rstrip()[:LONGEST]


def _kinds(family: Family, verdict: str) -> list[str] | None:
    """The kinds of the form, if they mend those of the wording; the detector's where there are none."""
    if verdict != "hide" or (family.label == "chrome" and "kinds" not in request.form):
        return None
    known = family.kinds if family.verdict_kinds is None else family.verdict_kinds
    given = [kind for kind in request.form.getlist("kinds") if kind in names.KINDS]
    if "kinds-shown" in request.form and set(given) != set(known):
        return given
    if not known and family.label != "chrome":
        return list(detector().kinds(family.text))
    return None


def _span() -> tuple[int, int] | None:
    """The part to hide, if only one was chosen."""
    if not request.form.get("part"):
        return None
    try:
        return int(request.form["start"]), int(request.form["end"])
    except (KeyError, ValueError) as error:
        raise InvalidError("Choose where the part begins and where it ends.") from error
