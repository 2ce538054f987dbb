"""Spark, with two executors in processes of their own."""

import os
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


@pytest.fixture(scope="module")
def home(tmp_path_factory, needs, package):
    """Spark's own files under a folder of ours, so that its logs do not land in the package."""
    package("pyspark")
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    needs("Java", java, "run `apt-get install openjdk-17-jre-headless`")
    import pyspark

    home = tmp_path_factory.mktemp("spark")
    for name in ("bin", "jars", "sbin"):
        (home / name).symlink_to(Path(pyspark.__file__).parent / name)
    return home


@pytest.fixture(scope="module")
def spark(home, desk):
    """A cluster of two workers of one core each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(home))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.ui.enabled", "false")
        # Our files are small: one task each, so that both workers have some.
        session = builder.config("spark.sql.files.maxPartitionBytes", "20k").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


def judged(spark, function):
    """What Spark makes of the articles with a function over batches."""
    from detector.arrow import DDL

    articles = spark.read.parquet("articles")
    return articles.mapInArrow(function, schema=f"id bigint, text string, {DDL}").toArrow()


def test_the_example_gives_the_same_bits(spark, example, same, expected):
    """Spark judges as one core does, under the schema that `DDL` names, and with options."""
    names = example("Spark")
    same("judged")
    assert names["notices"].columns == ["id", "body", *expected.column_names[2:]]
    assert 0 < names["notices"].count() < expected.num_rows


def test_both_workers_judge(spark):
    """The session is what it claims to be: tasks run in two executors, in no process of ours."""

    def who(batches):
        import os
        import time

        import pyarrow as pa

        time.sleep(0.5)
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"parent": [os.getppid()]})

    parents = spark.read.parquet("articles").mapInArrow(who, schema="parent bigint").toArrow()["parent"]
    assert len(parents.unique()) == 2


def test_a_killed_python_worker_changes_nothing(spark, strike, same):
    """Its rows are judged again by another, and none comes twice."""

    def judge(batches):
        from detector.arrow import score_batches

        for batch in score_batches(batches):
            yield batch
            strike()

    same(judged(spark, judge))


def test_a_killed_executor_changes_nothing(spark, strike, same):
    """The same for the Java process that holds the worker."""

    def judge(batches):
        import os
        from pathlib import Path

        from detector.arrow import score_batches

        daemon = Path(f"/proc/{os.getppid()}/stat").read_text()
        executor = int(daemon.rpartition(")")[2].split()[1])
        assert Path(f"/proc/{executor}/comm").read_text() == "java\n"
        for batch in score_batches(batches):
            yield batch
            strike(executor)

    same(judged(spark, judge))
