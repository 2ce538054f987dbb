"""The time, in one place, so that tests can set it."""

from __future__ import annotations

import time

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
#: The first Monday: weeks are counted from it, in seconds since 1970.
MONDAY = 4 * DAY


def now() -> int:
    """Seconds since 1970, UTC."""
    return int(time.time())


def week(at: int) -> int:
    """The week of a moment, counted from the first Monday of 1970."""
    return (at - MONDAY) // WEEK
