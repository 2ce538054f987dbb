"""What the API reads and writes, as JSON Schema: bodies are checked by it, and the document shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.detection import DROPPABLE
from web.data.schema import ACTIONS, STATUSES, VERDICTS
from web.data.tokens import SCOPES

Schema = dict[str, Any]

#: How many articles may be asked for at once, and how many rows a page has at most.
MOST_IDS, MOST_ROWS = 200, 200
#: The largest number of a row.
LARGEST_ID = (1 << 63) - 1

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
MOMENT: Schema = {"type": "integer", "description": "Seconds since 1970, UTC."}
KINDS: Schema = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 40},
    "maxItems": 20,
}
SPAN: Schema = {
    "type": "array",
    "prefixItems": [COUNT, COUNT],
    "items": False,
    "minItems": 2,
    "maxItems": 2,
    "description": "From which character of the wording to which.",
}
ACTION: Schema = {"enum": list(ACTIONS)}


def to(name: str) -> Schema:
    """A reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def some(schema: Schema, most: int | None = None) -> Schema:
    """A list of it."""
    return {"type": "array", "items": schema} | ({} if most is None else {"maxItems": most})


def thing(optional: Sequence[str] = (), /, **properties: Schema) -> Schema:
    """An object of these properties and no others; all but the optional ones must be there."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def page(name: str, item: Schema) -> Schema:
    """Rows, and the cursor of the next page."""
    return thing(**{name: some(item), "next": maybe(TEXT)})


_PLACE = {"start": COUNT, "end": COUNT}
_FAMILY = {
    "id": NUMBER,
    "text": TEXT | {"description": "The wording, as its first copy has it."},
    "language": maybe(TEXT),
    "label": TEXT,
    "score": SHARE | {"description": "Mean probability of being a notice."},
    "chrome": SHARE,
    "kinds": KINDS,
    "copies": COUNT,
    "sources": COUNT,
    "status": {"enum": list(STATUSES)},
    "verdict": {"enum": ["hide", "keep", None]},
    "verdict_kinds": maybe(KINDS),
    "span": maybe(SPAN),
    "first_seen": MOMENT,
    "last_seen": MOMENT,
}
_SEGMENT = {
    "id": NUMBER,
    "position": COUNT,
    "parent": maybe(COUNT) | {"description": "Position of the segment that this notice lies in."},
    **_PLACE,
    "form": TEXT,
    "label": TEXT,
    "score": SHARE,
    "chrome": SHARE,
    "kinds": KINDS,
    "evidence": maybe(some({"type": "array"})) | {"description": "Start, end and weight of words."},
    "family": NUMBER,
    "own_verdict": {"enum": ["hide", "keep", None]},
    "xpath": maybe(TEXT),
    "line": maybe(COUNT),
}
_BRIEF = {
    "id": NUMBER,
    "source": to("SourceName"),
    "key": TEXT,
    "title": maybe(TEXT),
    "url": maybe(TEXT),
    "format": TEXT,
    "language": maybe(TEXT),
    "legal_page": FLAG,
    "model": TEXT,
    "added": MOMENT,
    "analysed": MOMENT,
    "segments": COUNT,
    "notices": COUNT,
}
_INCOMING = {
    "text": TEXT | {"description": "The article: text, Markdown or HTML."},
    "source": TEXT | {"description": "Name of its publisher. Also as a parameter, for all of a call."},
    "key": maybe(TEXT | {"minLength": 1}) | {"description": "Your id. Without one it is made of the text."},
    "format": {"enum": ["auto", "text", "markdown", "html"], "default": "auto"},
    "title": maybe(TEXT),
    "url": maybe(TEXT),
}
_POLICY = {
    "notice": ACTION | {"default": "remove"},
    "chrome": ACTION | {"default": "remove"},
    "kinds": {"type": "object", "additionalProperties": ACTION},
    "required": KINDS | {"description": "Notices of these kinds always stay."},
}

SCHEMAS: dict[str, Schema] = {
    "Problem": thing(
        ("request_id",),
        type=TEXT,
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT | {"description": "What is wrong, and what to do."},
        instance=TEXT,
        request_id=maybe(TEXT),
    ),
    "SourceName": thing(id=NUMBER, name=TEXT),
    "Incoming": thing(("source", "key", "format", "title", "url"), **_INCOMING),
    "IncomingMany": thing(articles=some(to("Incoming"))),
    "Stored": thing(
        source=maybe(TEXT),
        key=maybe(TEXT),
        state={"enum": ["stored", "unchanged", "replaced", "refused"]},
        article=maybe(NUMBER),
        error=maybe(TEXT),
    ),
    "StoredMany": thing(results=some(to("Stored")), counts={"type": "object", "additionalProperties": COUNT}),
    "Brief": thing(**_BRIEF),
    "Briefs": page("articles", to("Brief")),
    "Segment": thing(("action", "why"), **_SEGMENT, action=ACTION, why=TEXT),
    "Article": thing(**_BRIEF | {"segments": some(to("Segment")), "text": TEXT}),
    "Part": thing(
        **_PLACE,
        label={"enum": ["editorial", *DROPPABLE]},
        kinds=KINDS,
        action=ACTION,
        why={"enum": ["own", "verdict", "detector", "policy"]},
        segment=NUMBER,
    ),
    "Clean": thing(
        id=NUMBER,
        text=TEXT,
        html=maybe(TEXT),
        parts=some(to("Part")) | {"description": "What is not simply story; places in the whole text."},
        legal_page=FLAG,
        etag=TEXT,
    ),
    "CleanIds": thing(
        ("known",),
        ids=some(NUMBER, MOST_IDS),
        known=some(TEXT, MOST_IDS) | {"description": "ETags that you have: those come without text."},
    ),
    "CleanMany": thing(
        articles=some({"anyOf": [to("Clean"), to("Unchanged")]}),
        missing=some(NUMBER) | {"description": "Ids that there are no articles of."},
    ),
    "Unchanged": thing(id=NUMBER, etag=TEXT),
    "Decision": thing(
        id=NUMBER,
        family=NUMBER,
        person=TEXT,
        verdict={"enum": list(VERDICTS)},
        kinds=maybe(KINDS),
        span=maybe(SPAN),
        made=MOMENT,
        undone=maybe(MOMENT),
        batch=maybe(NUMBER),
    ),
    "Family": thing(**_FAMILY, decisions=some(to("Decision"))),
    "Copy": thing(segment=to("Segment"), article=to("Brief")),
    "Copies": page("copies", to("Copy")),
    "Verdict": thing(
        ("kinds", "span"),
        verdict={"enum": list(VERDICTS)},
        kinds=maybe(KINDS) | {"description": "Mends the detector's kinds."},
        span=maybe(SPAN) | {"description": "Hides this part of the wording alone."},
    ),
    "Decided": thing(decision=to("Decision"), family=to("Family")),
    "Neighbour": thing(**_PLACE, text=TEXT, form=TEXT, label=TEXT),
    "Card": thing(
        family=to("Family"),
        article=to("Brief"),
        segment=to("Segment"),
        text=TEXT,
        before=some(to("Neighbour")),
        after=some(to("Neighbour")),
        until=MOMENT | {"description": "Until then nobody else gets this card."},
    ),
    "Queue": {"type": "object", "additionalProperties": COUNT},
    "Undone": thing(
        decision=maybe(to("Decision")),
        batch=maybe(thing(id=NUMBER, verdict=TEXT, families=COUNT)),
    ),
    "Policy": thing(tuple(_POLICY), **_POLICY),
    "SourcePolicy": thing(("threshold",), policy=to("Policy"), threshold=maybe(SHARE)),
    "Source": thing(id=NUMBER, name=TEXT, policy=to("Policy"), threshold=maybe(SHARE)),
    "Sources": thing(sources=some(to("Source"))),
    "HookUrl": thing(url=TEXT | {"format": "uri", "pattern": "^https?://", "maxLength": 2000}),
    "Hook": thing(("secret",), id=NUMBER, url=TEXT, active=FLAG, created=MOMENT, secret=TEXT),
    "Hooks": thing(hooks=some(to("Hook"))),
}
SCOPE_TEXTS = dict(
    zip(SCOPES, ("look at articles", "send articles", "decide", "take verdicts out"), strict=True)
)
