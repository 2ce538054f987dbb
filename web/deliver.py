"""Delivering webhooks in the background, for as long as the server runs."""

from __future__ import annotations

import logging
import threading

from web.data import outbox
from web.data.database import Database
from web.data.errors import DataError

#: Seconds between two looks into the outbox, and after the database failed.
PAUSE, LONG_PAUSE = 2.0, 30.0
#: How many messages are sent before the next look.
AT_ONCE = 20
_LOG = logging.getLogger(__name__)


def delivered(database: Database) -> int:
    """Send all that is due now; returns how many messages arrived."""
    total = 0
    while arrived := outbox.deliver(database, AT_ONCE):
        total += arrived
    return total


class Delivery:
    """A thread that sends what is due, until `stop`. Several at once send nothing twice."""

    def __init__(self, database: Database, pause: float = PAUSE) -> None:
        self._database, self._pause = database, pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message that is on its way, and no other; returns when that is done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Deliver until stopped. While the database is gone, nothing is lost and it is asked again."""
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                pause = 0.0 if outbox.deliver(self._database, AT_ONCE) == AT_ONCE else self._pause
            except DataError as error:
                _LOG.warning("Webhooks wait: %s", error)
                pause = LONG_PAUSE
