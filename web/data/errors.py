"""What goes wrong with the data: one class for each answer that a caller gives. The text names the remedy."""

from __future__ import annotations

from detector.errors import DetectorError


class DataError(DetectorError):
    """The database cannot do it now: it is gone, full, locked, or of another version."""


class NotFoundError(DataError):
    """There is no such thing, or no more."""


class RefusedError(DataError):
    """This person or token may not do it."""


class SignInError(DataError):
    """Name, password, cookie or token are not right."""


class ThrottledError(SignInError):
    """Too many attempts: `retry_after` seconds from now there may be another."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConflictError(DataError):
    """Somebody else was first, or what was seen has changed."""


class TooLargeError(DataError):
    """The input is beyond a limit."""


class InvalidError(DataError):
    """A value is not one of those that are possible."""
