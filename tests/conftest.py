"""Fixtures that all tests share, and the place of the checkout on the path.

The checkout goes last: `detector` is the installed one, `training` is found in the checkout.
"""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))
# Machines get the same examples at every run; people get new ones.
settings.register_profile("ci", derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def missing(what):
    """Skip a test for want of a component; on a machine that checks all, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} must be here in CI")
    pytest.skip(f"{what} is not here")


@pytest.fixture(autouse=True)
def kernel(request):
    """Tests of the compiled kernels need both."""
    if request.node.get_closest_marker("kernel"):
        from detector import measures, page

        if measures._kernel is None or page._walk is None:
            missing("the compiled kernel")


@pytest.fixture(scope="session")
def judge():
    """The detector with the shipped model."""
    from detector import Detector

    return Detector.load()


@pytest.fixture(scope="session")
def model(judge):
    """The shipped model."""
    return judge.model


@pytest.fixture(scope="session")
def samples():
    """Our sample articles, by file name."""
    return {path.name: path.read_text("utf-8") for path in (ROOT / "samples").iterdir()}
