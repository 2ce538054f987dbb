"""A file read and written again as it is: what bulk cannot be quicker than.

python -m benchmarks.rewriting IN OUT ROWS

Parquet keeps its codec, in row groups of ROWS rows. Of JSON Lines each line is parsed, and written as it was.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def parquet(source: Path, target: Path, rows: int) -> None:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    codec = file.metadata.row_group(0).column(0).compression
    with pq.ParquetWriter(target, file.schema_arrow, compression=codec) as writer:
        for batch in file.iter_batches(rows, use_threads=False):
            writer.write_batch(batch)


def lines(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("wb") as out:
        for line in file:
            json.loads(line)
            out.write(line)


if __name__ == "__main__":
    source, target, rows = sys.argv[1:]
    if source.endswith(".parquet"):
        parquet(Path(source), Path(target), int(rows))
    else:
        lines(Path(source), Path(target))
