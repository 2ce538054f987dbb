"""The report: benchmarks/README.md, in which every part's text stands between markers of its own."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

README = Path(__file__).with_name("README.md")


def write(part: str, text: str) -> None:
    """Put the text of a part in the place of the one that stands in the report."""
    start, end = f"<!-- {part} -->\n", f"<!-- /{part} -->\n"
    report = README.read_text("utf-8")
    head, _, rest = report.partition(start)
    _, found, tail = rest.partition(end)
    if not found:
        raise ValueError(f"{README.name} has no place between {start.strip()} and {end.strip()}: add it.")
    README.write_text(f"{head}{start}{text.strip()}\n{end}{tail}", "utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; all columns but the first stand to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def least(value: float, what: str, goal: float) -> str:
    """One line on a goal: whether a figure is at least as large. `what` is its unit, and what it is of."""
    return _goal(value, what, f"at least {goal:g}", value >= goal)


def most(value: float, what: str, goal: float) -> str:
    """One line on a goal: whether a figure is at most as large."""
    return _goal(value, what, f"at most {goal:g}", value <= goal)


def _goal(value: float, what: str, goal: str, reached: bool) -> str:
    return f"- {'Reached' if reached else '**Not reached**'}: {number(value)} {what}; the goal is {goal}.\n"


def number(value: float) -> str:
    """With three digits that count, or all before the point."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def size(count: float) -> str:
    """A number of bytes, in the largest unit that fits."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= factor:
            return f"{count / factor:g} {unit}"
    return f"{count:g} bytes"


def machine(packages: Iterable[str]) -> str:
    """What it was measured on, and with which packages."""
    told = Path("/proc/cpuinfo").read_text("utf-8")
    model = re.search(r"model name\s*: (.+)", told)
    versions = [f"{name} {found}" for name in packages if (found := _version(name))]
    core = model[1] if model else platform.machine()
    return f"One core of: {core}. Python {platform.python_version()}; {', '.join(versions)}."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
