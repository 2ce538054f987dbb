"""What goes wrong, why, and what to do next: one class a cause."""


class DetectorError(Exception):
    """Base of every error that this package raises on purpose; its text names the remedy."""


class InputError(DetectorError):
    """The input cannot be read as text."""


class FormatError(DetectorError):
    """The input is of a format that this version does not read."""


class ModelError(DetectorError):
    """A model file is missing, damaged, or not one of ours."""
