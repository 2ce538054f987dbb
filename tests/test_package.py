"""What is installed is what is meant to be."""

import os
from importlib.metadata import files, version
from pathlib import Path

import detector


def test_tests_run_on_the_installed_package():
    """Under tox, the wheel is tested, not the checkout."""
    if os.environ.get("TESTS_ON_WHEEL"):
        assert "site-packages" in detector.__file__


def test_the_wheel_holds_the_detector_alone():
    """`training`, `web` and tests are too general as installed names."""
    assert version("disclaimer-detector") == detector.__version__
    if os.environ.get("TESTS_ON_WHEEL"):
        tops = {Path(file).parts[0] for file in files("disclaimer-detector")} - {".."}  # bin/detector
        assert tops == {"detector", f"disclaimer_detector-{detector.__version__}.dist-info"}


def test_public_names_exist_and_are_described():
    """Everything in `__all__` is there, with a docstring."""
    for name in detector.__all__:
        assert getattr(detector, name).__doc__
