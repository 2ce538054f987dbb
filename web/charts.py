"""Figures drawn as SVG on the server: each with a title, a description, and the same numbers as a table.

Colours come from the style sheet by class, so that a drawing fits light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web import names
from web.data.statistics import Precision, Week

#: Size of a drawing, and what is kept free around its plot: left, right, top, bottom.
WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 36, 8, 12, 24
#: Height of a row of intervals, where its plot begins and ends; more rows are only in the table.
ROW, NAME, VALUE, ROWS = 24, 150, 62, 24


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its numbers; `svg` is empty where there is nothing to draw."""

    title: str
    told: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def pace(hours: Sequence[tuple[int, int]]) -> Chart:
    """Decisions by hour: `hours` has the start of each, in seconds since 1970, and how many."""
    total = sum(number for _, number in hours)
    busiest = max(hours, key=lambda hour: hour[1], default=(0, 0))
    told = f"{names.counted(total, 'decision')} in the last {len(hours)} hours."
    if total:
        told += f" Most were made in the hour from {names.stamp(busiest[0])} UTC: {busiest[1]:,}."
    labels = [names.stamp(start)[-5:] if i % 12 == 6 else "" for i, (start, _) in enumerate(hours)]
    rows = [(f"{names.stamp(start)} UTC", f"{number:,}") for start, number in hours if number]
    svg = _bars([number for _, number in hours], labels, "Decisions per hour", told)
    return Chart("Decisions per hour", told, svg if total else Markup(""), ("Hour", "Decisions"), tuple(rows))


def histogram(counts: Sequence[int]) -> Chart:
    """Copies by score, from 0 to 1 in equal steps."""
    total, steps = sum(counts), max(len(counts), 1)
    upper = sum(counts[steps // 2 :])
    told = f"{names.counted(total, 'place')} in articles, {upper:,} of them with a score of 50 % or more. "
    told += "Heights are square roots."
    labels = [f"{i * 100 // steps} %" if i * 4 % steps == 0 else "" for i in range(steps)]
    rows = [
        (f"{i * 100 // steps}–{(i + 1) * 100 // steps} %", f"{number:,}") for i, number in enumerate(counts)
    ]
    svg = _bars(counts, labels, "Places by score", told, root=True)
    return Chart("Places by score", told, svg if total else Markup(""), ("Score", "Places"), tuple(rows))


def drift(weeks: Sequence[Week]) -> Chart:
    """The share of notices week by week."""
    title, head = (
        "Share of notices by week",
        ("Week from", "Articles", "Segments", "Notices", "Share", "Mean score"),
    )
    rows = tuple(
        (
            names.stamp(week.start)[:10],
            f"{week.articles:,}",
            f"{week.segments:,}",
            f"{week.notices:,}",
            names.percent(week.share, 1),
            names.percent(week.mean, 1),
        )
        for week in weeks
    )
    if not weeks:
        return Chart(title, "No articles came in during these weeks.", Markup(""), head, rows)
    told = f"{names.percent(weeks[-1].share, 1)} in the newest week"
    if len(weeks) > 1:
        told += f", {names.percent(weeks[0].share, 1)} in the first of {len(weeks)}"
    told += "."
    return Chart(title, told, _line(weeks, title, told), head, rows)


def precision(figures: Sequence[tuple[str, Precision]], sort: str) -> Chart:
    """Precision with its 95 % interval, a row for each name, those with most verdicts first."""
    ordered = sorted(figures, key=lambda named: -named[1].of)
    title = f"Precision by {sort}"
    told = f"{names.counted(len(ordered), sort)} with verdicts; the bars are 95 % intervals."
    rows = tuple(
        (
            name,
            f"{f.right:,} of {f.of:,}",
            names.percent(f.share, 1),
            f"{names.percent(f.low)}–{names.percent(f.high)}",
        )
        for name, f in ordered
    )
    head = (sort.capitalize(), "Hidden", "Precision", "95 % interval")
    svg = _intervals(ordered[:ROWS], title, told) if ordered else Markup("")
    return Chart(title, told if ordered else "No verdicts yet.", svg, head, rows)


def _bars(values: Sequence[int], labels: Sequence[str], title: str, told: str, root: bool = False) -> Markup:
    """Bars; with `root` their height is the square root, so that small ones show beside large ones."""
    most = _round_up(max(values, default=0))
    step = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    shapes = [_grid(value, most, root) for value in _ticks(most, root)]
    for i, (value, label) in enumerate(zip(values, labels, strict=True)):
        x = LEFT + i * step
        if value:
            y = _height(value, most, root)
            shapes.append(
                _shape("rect", "bar", x=x + step * 0.1, y=y, width=step * 0.8, height=HEIGHT - BOTTOM - y)
            )
        if label:
            shapes.append(_text(label, x + step / 2, HEIGHT - 8, "middle"))
    return _svg(shapes, HEIGHT, title, told)


def _line(weeks: Sequence[Week], title: str, told: str) -> Markup:
    most = max(0.1, *(week.share for week in weeks))
    step = (WIDTH - LEFT - RIGHT) / max(len(weeks), 1)
    shapes = [_grid(share, most, text=names.percent(share)) for share in (0, most / 2, most)]
    places = [(LEFT + (i + 0.5) * step, _height(week.share, most)) for i, week in enumerate(weeks)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    shapes.append(Markup('<polyline class="line" points="{}"/>').format(path))
    every = max(1, len(weeks) // 6)
    for i, (x, y) in enumerate(places):
        shapes.append(_shape("circle", "dot", cx=x, cy=y, r=3.5))
        if i % every == 0:
            shapes.append(_text(names.stamp(weeks[i].start)[5:10], x, HEIGHT - 8, "middle"))
    return _svg(shapes, HEIGHT, title, told)


def _intervals(figures: Sequence[tuple[str, Precision]], title: str, told: str) -> Markup:
    wide = WIDTH - NAME - VALUE
    height = TOP + ROW * len(figures) + BOTTOM
    shapes = []
    for share in (0, 0.5, 1):
        x = NAME + share * wide
        shapes.append(_shape("line", "grid", x1=x, x2=x, y1=TOP, y2=height - BOTTOM))
        shapes.append(_text(names.percent(share), x, height - 8, "middle"))
    for i, (name, figure) in enumerate(figures):
        y = TOP + ROW * (i + 0.5)
        begin, end = NAME + figure.low * wide, NAME + figure.high * wide
        shapes.append(_text(_cut(name), NAME - 10, y + 4, "end", "name"))
        shapes.append(_shape("line", "interval", x1=begin, x2=end, y1=y, y2=y))
        shapes.append(_shape("circle", "dot", cx=NAME + figure.share * wide, cy=y, r=4.5))
        shapes.append(_text(names.percent(figure.share), WIDTH - 4, y + 4, "end", "name"))
    return _svg(shapes, height, title, told)


def _svg(shapes: Iterable[Markup], height: float, title: str, told: str) -> Markup:
    """The drawing. Its ids are made of its title, since a page has several."""
    number = title.lower().replace(" ", "-")
    opening = Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="title-{n} told-{n}">'
        '<title id="title-{n}">{title}</title><desc id="told-{n}">{told}</desc>'
    ).format(w=WIDTH, h=round(height), n=number, title=title, told=told)
    return opening + Markup("").join(shapes) + Markup("</svg>")


def _shape(element: str, name: str, **numbers: float) -> Markup:
    values = Markup("").join(Markup(' {}="{}"').format(key, f"{value:.1f}") for key, value in numbers.items())
    return Markup('<{} class="{}"{}/>').format(Markup(element), name, values)


def _text(text: str, x: float, y: float, anchor: str, name: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        name, f"{x:.1f}", f"{y:.1f}", anchor, text
    )


def _grid(value: float, most: float, root: bool = False, text: str | None = None) -> Markup:
    y = _height(value, most, root)
    line = _shape("line", "grid", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y)
    return line + _text(_compact(value) if text is None else text, LEFT - 6, y + 4, "end")


def _height(value: float, most: float, root: bool = False) -> float:
    share = value / most if most else 0.0
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (share**0.5 if root else share))


def _ticks(most: int, root: bool) -> list[int]:
    """Whole numbers at about half the height and all of it."""
    return sorted({0, most // (4 if root else 2), most})


def _round_up(value: int) -> int:
    """The next number that begins with 1, 2, 4 or 8 and goes on with zeros."""
    size = 1
    while size * 10 <= value:
        size *= 10
    return next((digit * size for digit in (1, 2, 4, 8) if digit * size >= value), size * 10)


def _compact(value: float) -> str:
    for size, sign in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:g}"


def _cut(name: str, most: int = 18) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
