"""A folder of articles, what they are judged to be on one core, and the examples of docs/engines.md."""

import os
import re
from contextlib import chdir
from importlib.util import find_spec

import pytest

from tests.cases import cases
from tests.conftest import ROOT

#: Texts that engines may trip over: none, empty, blank, other scripts, beyond 16 bits, control characters.
ODD = [
    None,
    "",
    " \n\t",
    "مرحبا بالعالم.",
    "下雨了。",
    "🌧️ It rained. 🌧️ This is not investment advice.",
    "a\x00b",
]
FILES = 6


@pytest.fixture(scope="session")
def needs():
    """Skip a test where a package or a program is missing, and say so; in CI that is a failure."""

    def check(name, there, remedy):
        if there:
            return
        reason = f"{name} is missing: {remedy}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return check


@pytest.fixture(scope="session")
def package(needs):
    """Skip, or in CI fail, where a Python package is missing."""
    return lambda name, extra=None: needs(name, find_spec(name), f"run `pip install {extra or name}`")


@pytest.fixture(scope="session")
def articles(package):
    """Our samples and cases as an Arrow table: `id`, `text`."""
    package("pyarrow")
    import pyarrow as pa

    texts = [path.read_text("utf-8") for path in sorted((ROOT / "samples").glob("*.[tm]*"))]
    texts += [row["text"] for name in ("stock", "inline", "furniture", "hard") for row in cases(name)[:40]]
    return pa.table({"id": pa.array(range(len(texts + ODD)), pa.int64()), "text": texts + ODD})


@pytest.fixture(scope="session")
def expected(articles):
    """The articles as one call on one core judges them."""
    from detector.arrow import score_table

    judged = score_table(articles)
    assert judged["label"].unique().to_pylist().count(None) == 1
    assert any(len(spans or ()) > 1 for spans in judged["spans"].to_pylist())
    return judged


@pytest.fixture(scope="module")
def desk(tmp_path_factory, articles):
    """The working folder while a module is tested: `articles` lies there as Parquet files."""
    import pyarrow.parquet as pq

    desk = tmp_path_factory.mktemp("desk")
    (desk / "articles").mkdir()
    for part in range(FILES):
        rows = range(part, articles.num_rows, FILES)
        pq.write_table(articles.take(list(rows)), desk / "articles" / f"part-{part}.parquet")
    with chdir(desk):
        yield desk


@pytest.fixture(scope="session")
def same(expected):
    """Check that a table, or Parquet, holds the articles with the same columns and bits, in any order."""

    def check(found):
        import pyarrow.parquet as pq

        found = pq.read_table(found) if isinstance(found, str) else found
        found = found.select(expected.column_names).cast(expected.schema).sort_by("id")
        assert found.equals(expected)

    return check


@pytest.fixture
def example(desk):
    """Run what docs/engines.md shows under a heading, there where the articles lie; gives its names."""

    def run(heading):
        names = {"__name__": "example"}
        for code in sections()[heading]:
            exec(compile(code, f"docs/engines.md: {heading}", "exec"), names)
        return names

    return run


def sections():
    """The examples of docs/engines.md: blocks of code by heading."""
    text = (ROOT / "docs" / "engines.md").read_text("utf-8")
    parts = re.split(r"^## (.+)\n", text, flags=re.M)[1:]
    return {
        heading: re.findall(r"```python\n(.*?)```", body, re.S)
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.fixture
def strike(tmp_path):
    """A function for workers: SIGKILL to its own process, or to another, at the first call of all.

    The test fails if nothing was killed.
    """
    struck, here = tmp_path / "struck", os.getpid()

    def strike(victim=None, struck=str(struck)):
        import os
        import signal

        try:
            os.close(os.open(struck, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        victim = victim or os.getpid()
        assert victim != here
        os.kill(victim, signal.SIGKILL)

    yield strike
    assert struck.exists(), "nothing was killed"
