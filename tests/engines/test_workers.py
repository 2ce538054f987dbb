"""What engines rely on: functions that travel light, and a model that any process and thread may use."""

import multiprocessing
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest

from detector import Detector, ModelError
from detector.model import SHIPPED


def test_the_function_travels_by_name(package):
    """Bound to a column it is still small: the model is not inside."""
    package("pyarrow")
    from detector.arrow import score_batches, score_table

    for function in (score_batches, score_table):
        bound = partial(function, column="body", point="strict")
        sent = pickle.dumps(bound)
        assert len(sent) < 1000
        assert pickle.loads(sent).func is function


@pytest.mark.parametrize("point", ["balanced", "strict"])
def test_a_detector_travels_by_the_name_of_its_file(point):
    """Its pickle is small, and arrives once a process, with the same model and point."""
    sent = Detector.load(point=point)
    data = pickle.dumps(sent)
    came = pickle.loads(data)
    assert len(data) < 1000
    assert (came.limits, came.model.name) == (sent.limits, sent.model.name)
    assert came.score("All rights reserved.") == sent.score("All rights reserved.")
    assert pickle.loads(data) is came


def test_a_detector_arrives_as_it_was_or_not_at_all(tmp_path):
    """A file of the user's is found again; where it is not, the error names it."""
    file = tmp_path / "own.safetensors"
    shutil.copy(SHIPPED, file)
    data = pickle.dumps(Detector.load(file))
    renamed = data.replace(b"own.", b"two.")
    assert pickle.loads(data).score("All rights reserved.") > 0.9
    with pytest.raises(ModelError, match=r"No model file at .*two\.safetensors"):
        pickle.loads(renamed)


def test_another_model_on_another_machine_is_refused():
    """The name of the model travels too."""
    sent = Detector.load()
    data = pickle.dumps(sent)
    name = sent.model.name.encode()
    with pytest.raises(ModelError, match="the same release"):
        pickle.loads(data.replace(name, name[::-1]))


def test_a_detector_without_a_file_travels_whole(judge):
    """A model that was never saved has nothing to refer to."""
    made = Detector(replace(judge.model, header=judge.model.header | {"release": "made"}))
    came = pickle.loads(pickle.dumps(made))
    assert came.model.name == made.model.name
    assert came.score("All rights reserved.") == judge.score("All rights reserved.")


def test_eight_threads_give_the_same_bits(articles, same):
    """They share one model and begin at the same moment."""
    from detector.arrow import score_table

    start = Barrier(8)

    def judge(_):
        start.wait()
        return score_table(articles)

    with ThreadPoolExecutor(8) as pool:
        for judged in pool.map(judge, range(8)):
            same(judged)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_processes_give_the_same_bits(method, articles, expected):
    """However a worker is born, also where the parent has loaded the model before."""
    import pyarrow as pa

    from detector.arrow import score_table

    pieces = [articles.slice(start, 40) for start in range(0, articles.num_rows, 40)]
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert pa.concat_tables(pool.map(score_table, pieces)) == expected


LOADS = """
import pyarrow as pa
from detector import detection
loads, load = [], detection.load
detection.load = lambda path: loads.append(path) or load(path)
from detector.arrow import score_batches, score_table
assert loads == []
table = pa.table({"text": ["It rained.", "All rights reserved."] * 50})
score_table(table)
score_table(table, format="text", prefix="a_")
list(score_batches(table.to_batches(max_chunksize=10)))
assert loads == [None], loads
"""


def test_the_model_is_loaded_once_a_process(package):
    """At the first batch, not at import, and not again for other batches."""
    package("pyarrow")
    subprocess.run([sys.executable, "-c", LOADS], check=True)
