"""Packaging: the wheel holds `detector` alone, with its model."""

import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "detector/__init__.py").read_text("utf-8"))[1]
TRAINING = ["scikit-learn>=1.5", "scipy>=1.11", "joblib>=1.3", "threadpoolctl>=3.1", "matplotlib>=3.8"]
TESTS = ["pytest>=8", "hypothesis>=6.100"]

setup(
    name="disclaimer-detector",
    version=VERSION,
    description="Tell the notices in an article from its story, in many languages.",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=["detector"],
    package_data={"detector": ["models/*.safetensors", "py.typed"]},
    install_requires=["numpy>=1.26", "regex>=2023.6.3", "safetensors>=0.4.3", "rich>=13"],
    extras_require={
        "training": TRAINING,
        "dev": [*TRAINING, *TESTS, "mypy>=1.10", "ruff>=0.6", "tox>=4.15", "build>=1"],
    },
    entry_points={"console_scripts": ["detector = detector.cli:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Text Processing :: Filters",
        "Typing :: Typed",
    ],
)
