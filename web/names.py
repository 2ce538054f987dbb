"""What pages call things, and how they show numbers and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from web import showing
from web.data import clock
from web.data.schema import ACTIONS, ROLES, Article

KINDS = {
    "third_party": ("Third party", "content, links or views of others; nothing is endorsed"),
    "not_advice": ("Not advice", "no financial, legal, tax or medical advice; ask a professional"),
    "no_warranty": ("No warranty", "nothing is guaranteed; no liability; as is"),
    "risk_warning": ("Risk warning", "capital, health or funds are at risk"),
    "sponsorship": ("Sponsorship", "somebody paid: sponsored, affiliate links, commission"),
    "conflict_of_interest": ("Conflict of interest", "what the author or publisher holds, owns or received"),
    "forward_looking": ("Forward-looking", "statements about the future may not come true"),
    "copyright": ("Copyright", "rights, licence, reprint, trademark, attribution"),
    "automated": ("Automated", "a machine wrote, summarised or translated this"),
    "jurisdiction": ("Jurisdiction", "who may read or use it: age, region, regulator"),
    "privacy": ("Privacy", "cookies, tracking, personal data, consent"),
    "terms": ("Terms", "terms of use, house rules, complaints, confidentiality"),
}
STATUS = {
    "open": "New",
    "second": "Second opinion",
    "lead": "For a lead",
    "settled": "Settled",
    "quiet": "Surely story",
}
VERDICT = {"hide": "Hide", "keep": "Keep", "unsure": "Not sure"}
VERDICT_DONE = {"hide": "Hidden", "keep": "Kept", "unsure": "Not sure"}
ACTION = {"keep": "Keep", "tag": "Tag", "collapse": "Collapse", "remove": "Remove"}
LABEL = {"notice": "Notice", "chrome": "Chrome", "editorial": "Story", "unsure": "Unknown language"}
ROLE = {"reader": "Reader", "moderator": "Moderator", "lead": "Lead"}
LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh-Hans": "Chinese (simplified)",
    "zh-Hant": "Chinese (traditional)",
}
#: The acts of the queue with the key that each has until a person chooses another.
KEYS = {
    "hide": ("y", "Hide it"),
    "keep": ("n", "Keep it"),
    "unsure": ("u", "Not sure"),
    "undo": ("z", "Take the last one back"),
    "skip": ("j", "Skip for now"),
    "kinds": ("k", "Mend the kinds"),
    "span": ("m", "Hide only a part"),
    "split": ("s", "Split this copy off"),
    "filter": ("f", "Filter the queue"),
    "help": ("?", "Show the keys"),
}
STATUSES_TOLD = {
    400: "The server could not read what was sent. Go back and try again.",
    403: "You may not do this. A lead can give you another role.",
    404: "There is no such page. It may have been merged or replaced meanwhile.",
    405: "This page does not take that. Go back and use its buttons.",
    413: "This is larger than the server takes. Send it in smaller parts.",
    429: "Too many attempts. Wait a minute, then try again.",
}
_SPANS = ((clock.DAY, "day"), (clock.HOUR, "hour"), (60, "minute"))


def kind(name: str) -> str:
    """A kind as people read it."""
    return KINDS[name][0] if name in KINDS else name.replace("_", " ").capitalize()


def language(name: str | None) -> str:
    """A language as people read it."""
    return LANGUAGES.get(name, name) if name else "Unknown language"


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as a percentage; what is not all never shows as 100."""
    shown = f"{share:.{digits}%}"
    if share < 1 and shown.startswith("100"):
        return f">{1 - 10 ** -(digits + 2):.{digits}%}"
    return shown


def thousands(number: float) -> str:
    """A number with its thousands parted."""
    return f"{number:,}"


def lasting(seconds: int | None) -> str:
    """A length of time in one unit."""
    if seconds is None:
        return "–"
    size, name = next(((size, name) for size, name in _SPANS if seconds >= size), (0, ""))
    return counted(seconds // size, name) if size else "under a minute"


def when(at: int | None) -> Markup:
    """A moment: how long ago, with the exact time as its title."""
    if at is None:
        return Markup("–")
    moment = datetime.fromtimestamp(at, UTC)
    age = max(clock.now() - at, 0)
    text = (
        "just now" if age < 60 else f"{lasting(age)} ago" if age < 14 * clock.DAY else f"{moment:%-d %b %Y}"
    )
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(), f"{moment:%-d %B %Y, %H:%M} UTC", text
    )


def stamp(at: int) -> str:
    """A moment to the minute, UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def headline(article: Article) -> str:
    """The title of an article, or the first line of its text that says something."""
    lines = (line.strip("# \t") for line in article.text[:2000].splitlines())
    return article.title or next(filter(None, lines), article.key)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


FILTERS: dict[str, Callable[..., Any]] = {
    "kind": kind,
    "language": language,
    "percent": percent,
    "thousands": thousands,
    "lasting": lasting,
    "when": when,
    "stamp": stamp,
    "counted": counted,
    "headline": headline,
    "shown": showing.shown,
    "shortened": showing.shortened,
}
GLOBALS: dict[str, Any] = {
    "KINDS": KINDS,
    "STATUS": STATUS,
    "VERDICT": VERDICT,
    "VERDICT_DONE": VERDICT_DONE,
    "ACTION": ACTION,
    "ACTIONS": ACTIONS,
    "LABEL": LABEL,
    "ROLE": ROLE,
    "ROLES": ROLES,
    "LANGUAGES": LANGUAGES,
    "KEYS": KEYS,
}
