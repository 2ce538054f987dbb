"""What the application works with, for its views: the factory puts it into `app.extensions`."""

from __future__ import annotations

from typing import cast

from flask import current_app

from detector import Detector
from web.data.database import Database
from web.settings import Settings


def database() -> Database:
    """The database of the running application."""
    return cast(Database, current_app.extensions["database"])


def detector() -> Detector:
    """Its detector."""
    return cast(Detector, current_app.extensions["detector"])


def settings() -> Settings:
    """Its settings."""
    return cast(Settings, current_app.extensions["settings"])
