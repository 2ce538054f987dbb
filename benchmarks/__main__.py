"""All parts in one run on one core: `python -m benchmarks [PART...] [--pages FILE] [--quick]`."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks import report, timing
from benchmarks.settings import Settings, quick

PARTS = ("speed", "arrow", "bulk", "memory", "pages", "growth")
PACKAGES = (
    "numpy fasttext scikit-learn pyarrow lxml trafilatura jusText readability-lxml resiliparse newspaper4k"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--pages", type=Path, metavar="FILE", help="JSON Lines (.gz) with a field html")
    parser.add_argument("--quick", action="store_true", help="try small sizes; print, and write no report")
    options = parser.parse_args()
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"no part {', '.join(unknown)}: there are {', '.join(PARTS)}")
    timing.settle()
    settings = quick(options.pages) if options.quick else Settings(options.pages)
    # Imported when threads are settled, and all before the first, so that what is missing is told at once.
    parts = {part: import_module(f"benchmarks.{part}") for part in options.parts or PARTS}
    for part, module in parts.items():
        measure(part, module, settings)
    if settings.kept:
        report.write("machine", report.machine(PACKAGES))


def measure(part: str, module: ModuleType, settings: Settings) -> None:
    """Run a part, show its text, and put it into the report."""
    start = time.perf_counter()
    text = module.run(settings)
    print(f"## {part}\n\n{text}", flush=True)
    print(f"{part}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    if settings.kept:
        report.write(part, text)


if __name__ == "__main__":
    main()
