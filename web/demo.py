"""Articles to try the queue with: our samples, and short ones of invented publishers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from web.data.intake import Incoming, documents

_HERE = Path(__file__).parent
SAMPLES = _HERE.parent / "samples"


def sources() -> dict[str, list[Incoming]]:
    """Articles by source; the same at every call."""
    found = {"Samples": [one for path in sorted(SAMPLES.iterdir()) for one in _sample(path)]}
    for publisher in tomllib.loads((_HERE / "demo.toml").read_text("utf-8"))["publisher"]:
        found[publisher["name"]] = list(_articles(publisher))
    return found


def _sample(path: Path) -> Iterator[Incoming]:
    return documents(path.read_bytes(), path.name)


def _articles(publisher: dict[str, Any]) -> Iterator[Incoming]:
    stories = zip(publisher["stories"], cycle(publisher["lines"]), strict=False)
    for number, ((title, story), line) in enumerate(stories, 1):
        foot = [notice.replace("{n}", str(number)) for notice in publisher["foot"]]
        text = "\n\n".join([title, line, story, *foot]) + "\n"
        yield Incoming(text, f"demo-{number}", "text", title)
