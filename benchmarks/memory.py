"""The memory that `detector bulk` needs at most, for a file and for one ten times as long."""

from __future__ import annotations

from functools import cache

from benchmarks import bulk, report
from benchmarks.settings import Settings
from benchmarks.timing import Usage

FORMS = {"Parquet": ".parquet", "JSON Lines": ".jsonl"}
Runs = dict[str, dict[float, Usage]]


def run(settings: Settings) -> str:
    """The table of peaks, and what of the goals is reached."""
    short, long = settings.file, settings.long_file
    rows, goals = [], []
    for name, usages in runs(settings).items():
        growth, peak = usages[long].peak / usages[short].peak, usages[long].peak / 1e6
        rows.append(
            (name, *(f"{usages[size].peak / 1e6:.0f} MB" for size in (short, long)), f"{growth:.2f} ×")
        )
        goals.append(report.most(growth, f"× the memory for the long file ({name})", 1.2))
        goals.append(report.most(peak, f"MB for the long file ({name})", 400))
    head = ("memory at the peak", report.size(short), report.size(long), "the long file needs")
    return f"{report.table(head, rows)}\n{''.join(goals)}"


@cache
def runs(settings: Settings) -> Runs:
    """What bulk used, by form of the file and bytes of text in it; one run each."""
    found: Runs = {name: {} for name in FORMS}
    with bulk.folder() as place:
        for name, end in FORMS.items():
            for size in (settings.file, settings.long_file):
                file = bulk.written(place, end, size)
                found[name][size] = bulk.judged(file)
                file.unlink()
    return found
