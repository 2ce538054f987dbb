"""Ray, with two workers on this machine."""

import secrets
import tempfile
from pathlib import Path

import pytest

# Ray warns of settings that it makes itself.
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning:ray.data.context")


@pytest.fixture(scope="module")
def cluster(desk, package):
    """Ray on two cores. Its folder has a short name, since paths of sockets may not be long."""
    package("ray", "'ray[data]'")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="ray") as folder:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # Ray would put a secret for its own ports into the home folder.
        Path(folder, "token").write_text(secrets.token_hex(32))
        patch.setenv("RAY_AUTH_TOKEN_PATH", f"{folder}/token")
        import ray

        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
        yield ray
        ray.shutdown()


def test_the_example_gives_the_same_bits(cluster, example, same):
    """Ray judges as one core does."""
    example("Ray Data")
    same("judged")


def test_a_killed_worker_changes_nothing(cluster, strike, same):
    """Its blocks are judged again by another."""

    def judge(table):
        from detector.arrow import score_table

        judged = score_table(table)
        strike()
        return judged

    articles = cluster.data.read_parquet("articles")
    articles.map_batches(judge, batch_format="pyarrow").write_parquet("judged-again")
    same("judged-again")
