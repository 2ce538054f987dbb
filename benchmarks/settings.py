"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in bytes of text. `pages` is a file of web pages, or None for those of the samples.

    `kept` says whether the report is written.
    """

    pages: Path | None = None
    kept: bool = True
    score: float = 8e6
    bulk: float = 2e9
    file: float = 200e6
    long_file: float = 2e9
    growth: tuple[float, ...] = (1e6, 10e6, 100e6)
    paragraph: tuple[float, ...] = (1e3, 1e4, 1e5, 1e6, 1e7, 1e8)


def quick(pages: Path | None) -> Settings:
    """Sizes that try out the benchmarks and measure nothing."""
    return Settings(pages, False, 5e5, 5e6, 5e6, 2e7, (1e5, 1e6), (1e3, 1e5))
