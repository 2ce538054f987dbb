"""Cases by provenance: JSON Lines files, each row with the promise that it tests.

`stock` are ordinary notices, `hard` stories that talk about notices, `plain` stories of all sorts,
`furniture` chrome, `inline` stories with one notice sentence. `known-failures` are rows of these
that the shipped model gets wrong; a cure turns the build red until the row is taken out there.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent


def cases(name):
    """The rows of a case file."""
    with (HERE / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
