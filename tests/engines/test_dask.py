"""Dask, with two worker processes."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def cluster(desk, package):
    """Two workers of one thread each; one that dies is started again."""
    package("distributed", "'dask[distributed]'")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_the_example_gives_the_same_bits(cluster, example, same):
    """Data frames and files alike."""
    example("Dask")
    same("judged")
    same("pieces")


def test_a_killed_worker_changes_nothing(cluster, strike, same):
    """Its files are judged again by another."""

    def judge(path):
        import pyarrow.parquet as pq

        from detector.arrow import score_table

        table = score_table(pq.read_table(path))
        strike()
        return table

    import pyarrow as pa

    paths = [str(path.resolve()) for path in Path("articles").iterdir()]
    same(pa.concat_tables(cluster.gather(cluster.map(judge, paths))))
