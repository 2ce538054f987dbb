"""Seconds a megabyte as the input grows: flat, where the time grows as the input does and no faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "disclaimer-detector", "font.size": 9}

from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

from benchmarks import bulk, memory, report, texts  # noqa: E402
from benchmarks.settings import Settings  # noqa: E402
from benchmarks.timing import best  # noqa: E402
from detector import Detector  # noqa: E402

PICTURE = Path(__file__).with_name("growth.svg")
ROUNDS = 5
#: Seconds a megabyte, by bytes of input.
Curve = Mapping[float, float]
COLORS = ("#2166ac", "#67a9cf", "#999999", "#e08214", "#b35806")


def run(settings: Settings) -> str:
    """The table of seconds a megabyte; the picture is written where the report is."""
    found = curves(settings)
    if settings.kept:
        picture(found)
    sizes = sorted({size for curve in found.values() for size in curve})
    head = ("milliseconds for 1 MB", *map(report.size, sizes))
    rows = [(name, *(_cell(curve, size) for size in sizes)) for name, curve in found.items()]
    note = (
        "CPU milliseconds for each MB of text as the input grows. Of bulk the time of a file with one row, "
        f"which is what it takes to begin, is left out; {report.size(settings.long_file)} were run once."
    )
    return f"{note}\n\n{report.table(head, rows)}\n![Milliseconds for 1 MB]({PICTURE.name})\n"


def _cell(curve: Curve, size: float) -> str:
    return report.number(1000 * curve[size]) if size in curve else ""


def curves(settings: Settings) -> dict[str, Curve]:
    """What is measured, by name."""
    detector = Detector.load()
    return {
        "`detector.score` of many paragraphs": _curve(settings.growth, texts.paragraphs, detector.score),
        "`detector.analyze` of one article": _curve(settings.growth, _article, detector.analyze),
        "`detector.analyze` of one paragraph": _curve(settings.paragraph, _paragraph, detector.analyze),
        **{f"`detector bulk`, {name}": _bulk(settings, name, end) for name, end in memory.FORMS.items()},
    }


def _article(size: float) -> str:
    return "\n\n".join(texts.paragraphs(size))


def _paragraph(size: float) -> str:
    """Stories with a notice at the beginning, so that a short one is looked at sentence by sentence, too."""
    text = " ".join(texts.paragraphs(size))
    return text.encode()[: int(size)].decode(errors="ignore")


def _curve(sizes: tuple[float, ...], make: Callable[[float], Any], call: Callable[[Any], object]) -> Curve:
    return {size: _seconds(make(size), call) / size * 1e6 for size in sizes}


def _seconds(made: Any, call: Callable[[Any], object]) -> float:
    return best(lambda: call(made), least=2, seconds=1)


def _bulk(settings: Settings, name: str, end: str) -> Curve:
    with bulk.folder() as place:
        begin = _least(bulk.written(place, end, 1))
        curve = {size: _least(bulk.written(place, end, size)) for size in settings.growth}
    usage = memory.runs(settings)[name][settings.long_file]
    curve[settings.long_file] = usage.cpu
    return {size: (seconds - begin) / size * 1e6 for size, seconds in curve.items()}


def _least(file: Path) -> float:
    """CPU seconds of bulk on a file, the least of several runs."""
    return bulk.least([bulk.judged(file) for _ in range(ROUNDS)]).cpu


def picture(found: Mapping[str, Curve]) -> None:
    """One line for each curve, on scales where a straight level line is time that grows as the input."""
    figure, axes = pyplot.subplots(figsize=(8, 3.6))
    for (name, curve), color in zip(found.items(), COLORS, strict=True):
        label = name.replace("`", "")
        axes.plot(
            list(curve), [1000 * s for s in curve.values()], "o-", color=color, label=label, markersize=3
        )
    axes.set(xscale="log", yscale="log", xlabel="text", ylabel="milliseconds for 1 MB")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: report.size(size)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter("")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
