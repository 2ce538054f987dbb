"""Packaging: the wheel holds `detector` alone, with its model."""

import os
import re
from pathlib import Path

from setuptools import Extension, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "detector/__init__.py").read_text("utf-8"))[1]
TRAINING = ["scikit-learn>=1.5", "scipy>=1.11", "joblib>=1.3", "threadpoolctl>=3.1", "matplotlib>=3.8"]
HTML = ["lxml>=5.2", "feedparser>=6.0.11"]
ARROW = ["pyarrow>=14"]
TRAFILATURA = ["trafilatura>=1.12", "lxml_html_clean"]
EXTRACTORS = [*TRAFILATURA, "justext", "readability-lxml", "resiliparse", "newspaper4k[nlp]"]
DATATROVE = ["datatrove[io]>=0.10", *ARROW]
WEB = [
    *HTML,
    "flask>=3.1",
    "flask-wtf",
    "flask-limiter",
    "limits",
    "sqlalchemy>=2",
    "alembic",
    "psycopg[binary]>=3",
    "argon2-cffi",
    "jsonschema>=4.18",
    "prometheus-client",
    "waitress>=3",
    "gunicorn",
]
TESTS = ["pytest>=8", "hypothesis>=6.100"]
# Without a compiler, or with DETECTOR_KERNEL=0, the package does the same, slower.
KERNELS = [
    Extension(f"detector.{name}", [f"detector/{name}.c"], optional=True, extra_compile_args=["-O3"])
    for name in ("_kernel", "_walk")
]

setup(
    name="disclaimer-detector",
    version=VERSION,
    description="Tell the notices in an article from its story, in many languages.",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=["detector", "detector.bulk"],
    ext_modules=KERNELS if os.environ.get("DETECTOR_KERNEL") != "0" else [],
    package_data={"detector": ["models/*.safetensors", "py.typed"]},
    install_requires=["numpy>=1.26", "regex>=2023.6.3", "safetensors>=0.4.3", "rich>=13"],
    extras_require={
        "html": HTML,
        "arrow": ARROW,
        "spark": ["pyspark>=4", "pandas", *ARROW],
        "datatrove": DATATROVE,
        "trafilatura": TRAFILATURA,
        "web": WEB,
        "training": TRAINING,
        "dev": [
            *TRAINING,
            *HTML,
            *ARROW,
            *EXTRACTORS,
            *WEB,
            *TESTS,
            "openapi-spec-validator",
            "schemathesis>=4",
            "playwright",
            "axe-playwright-python",
            "mypy>=1.10",
            "ruff>=0.6",
            "tox>=4.15",
            "build>=1",
        ],
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
