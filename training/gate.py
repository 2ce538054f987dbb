"""The gate: floors under what was reached, and the fingerprint of the corpus that reached it.

`gate.json` holds for each measure the value that must be kept. Pinning lifts floors to what was
measured and never lowers one: whoever wants less writes it into the file by hand, and says why.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PINS = Path(__file__).parent / "gate.json"
#: How the names of measures end where less is better; their floors are ceilings.
CEILINGS = ("calibration_error", "_called_notice", "_called", "_lost")
#: Figures of two machines may differ in the last digits.
SLACK = 0.002


def read(path: Path = PINS) -> dict[str, Any]:
    """The pins; empty where there are none yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def faults(pins: Mapping[str, Any], corpus: str, model: str, measured: Mapping[str, float]) -> Iterator[str]:
    """What has fallen, each with its remedy. Pins of measures that were not taken are left alone.

    `corpus` is the fingerprint of the corpus, `model` that of the corpus that the shipped model learned.
    """
    if model != corpus:
        yield "the shipped model learned another corpus: run `python -m training publish`."
    if pins.get("corpus") != corpus:
        yield "the corpus is not the pinned one: publish, then run `python -m training gate --pin`."
    for name, pin in pins.get("floors", {}).items():
        value = measured.get(name)
        if value is None:
            continue
        if math.isnan(value) or _worse(name, value, pin):
            side = "above" if _falls(name) else "below"
            yield f"{name} is {value:.4f}, {side} {pin:.4f}: mend the change, or lower the pin by hand."


def pinned(pins: Mapping[str, Any], corpus: str, measured: Mapping[str, float]) -> dict[str, Any]:
    """The pins with the corpus and every better measure taken over; none is lowered."""
    floors = dict(pins.get("floors", {}))
    for name, value in measured.items():
        if math.isnan(value):
            continue
        rounded = round(value + (SLACK if _falls(name) else -SLACK), 4)
        if name not in floors or not _worse(name, rounded, floors[name]):
            floors[name] = rounded
    return {"corpus": corpus, "floors": dict(sorted(floors.items()))}


def write(pins: Mapping[str, Any], path: Path = PINS) -> None:
    """Write the pins."""
    path.write_text(json.dumps(pins, indent=1) + "\n", encoding="utf-8")


def _falls(name: str) -> bool:
    return name.endswith(CEILINGS)


def _worse(name: str, value: float, pin: float) -> bool:
    return value > pin if _falls(name) else value < pin
