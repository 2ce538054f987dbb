"""docs/engines.md cannot lie."""

from pathlib import Path

from tests.engines.conftest import sections


def test_every_example_of_the_document_is_run():
    """A heading with code that no test here runs fails."""
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for heading, blocks in sections().items():
        assert blocks and f'example("{heading}")' in tests, heading
