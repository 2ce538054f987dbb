"""Pictures of measures, as SVG with the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "disclaimer-detector", "font.size": 9}

from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

_BLUE, _ORANGE, _GREY = "#2166ac", "#e08214", "#999999"


def languages(path: Path, measures: Mapping[str, Mapping[str, float]]) -> None:
    """Recall, and stories called notice, by language."""
    names = sorted(measures)
    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=(8, 3.6), sharex=True, gridspec_kw={"height_ratios": [2, 1]}
    )
    above.bar(names, [measures[name]["recall"] for name in names], color=_BLUE)
    above.set(ylabel="recall", ylim=(0, 1))
    shares = [100 * measures[n]["false_positives"] / max(measures[n]["others"], 1) for n in names]
    below.bar(names, shares, color=_ORANGE)
    below.set(ylabel="false positives, %")
    below.tick_params(axis="x", labelrotation=60)
    _write(figure, path)


def reliability(path: Path, bins: Sequence[Sequence[float]]) -> None:
    """How often a notice was one, by the probability given; area by the number of examples."""
    figure, axes = pyplot.subplots(figsize=(3.6, 3.6))
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
    largest = max(size for _, _, size in bins)
    axes.plot([p for p, _, _ in bins], [share for _, share, _ in bins], color=_BLUE)
    axes.scatter(
        [p for p, _, _ in bins],
        [share for _, share, _ in bins],
        [20 + 180 * size / largest for _, _, size in bins],
        color=_BLUE,
    )
    axes.set(xlabel="probability given", ylabel="share that are notices", xlim=(0, 1), ylim=(0, 1))
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
