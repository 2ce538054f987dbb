"""Pipelines of datatrove."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector import Detector, DetectorError, InputError, ModelError, rows

STORY = "The harbour reopened on Monday after three weeks of repairs."
NOTICE = "This article does not constitute investment advice."
MIXED = f"{STORY} Boats left before dawn. {NOTICE}"
FURNITURE = "Share this story: Facebook · X · Email"


@pytest.fixture(autouse=True)
def installed(package):
    """Skip, or in CI fail, without datatrove."""
    package("datatrove", "'datatrove[io]'")
    package("orjson", "'datatrove[io]'")


def documents(*texts):
    from datatrove.data import Document

    return [Document(text, str(i)) for i, text in enumerate(texts)]


def lines(folder):
    """The documents in a folder of JSON Lines, by id. The writer leaves out what is empty, and id 0."""
    found = {}
    for path in Path(folder).iterdir():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found |= {row.get("id", 0): {"text": ""} | row for row in map(json.loads, file)}
    return found


def test_the_example_drops_and_strips_as_one_core_does(example, articles, judge):
    """Every article with a text is in one of two folders, as `Detector.analyze` judges it."""
    example("datatrove")
    stories, dropped = lines("stories"), lines("dropped")
    texts = {row["id"]: row["text"] for row in articles.to_pylist() if row["text"]}
    assert sorted([*stories, *dropped]) == sorted(texts)
    for i, row in stories.items():
        report = judge.analyze(texts[i])
        taken = [part["text"] for part in json.loads(row["metadata"]["notices"])]
        assert row["text"] == report.editorial_text
        assert taken == [part.text for part in report.dropped]
    for i, row in dropped.items():
        report = judge.analyze(texts[i])
        reason = row["metadata"]["filter_reason"]
        assert row["text"] == texts[i]
        assert report.legal_page if reason == "legal_page" else rows.label(report) == reason == "notice"
    kept = [judge.analyze(texts[i]) for i in stories]
    assert not any(report.legal_page or rows.label(report) == "notice" for report in kept)


def test_the_filter_says_why(samples):
    """Notices and legal pages go, with their reason; stories, mixed texts and furniture stay."""
    from detector.datatrove import NoticeFilter

    texts = documents(STORY, NOTICE, MIXED, samples["terms-en.txt"], FURNITURE, "")
    assert NoticeFilter().filter_batch(texts) == [
        True,
        (False, "notice"),
        True,
        (False, "legal_page"),
        True,
        True,
    ]
    assert NoticeFilter().filter(texts[1]) == (False, "notice")


@pytest.mark.parametrize(("reason", "place"), [("notice", 0), ("legal_page", 1), ("chrome", 2)])
def test_the_filter_drops_for_the_reasons_that_it_is_given(reason, place, samples):
    """Each reason can be had alone."""
    from detector.datatrove import NoticeFilter

    found = NoticeFilter(drop=[reason]).filter_batch(documents(NOTICE, samples["terms-en.txt"], FURNITURE))
    assert found == [(False, reason) if i == place else True for i in range(3)]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_batches_change_nothing(size):
    """Documents keep their order and verdicts in batches of any size, and each is counted once."""
    from detector.datatrove import NoticeFilter, NoticeStripper

    sieve, stripper = NoticeFilter(batch_size=size), NoticeStripper(batch_size=size)
    left = list(stripper(sieve(iter(documents(STORY, NOTICE, MIXED, STORY, MIXED)))))
    assert [document.id for document in left] == ["0", "2", "3", "4"]
    assert left[1].text == left[3].text == f"{STORY} Boats left before dawn."
    assert sieve.stats["dropped_notice"].total == 1
    assert (stripper.stats["total"].total, stripper.stats["stripped"].total) == (4, 2)


def test_a_page_stays_a_page(package, judge):
    """HTML comes out as HTML, whether or not a notice stood in it."""
    package("lxml")
    from detector.datatrove import NoticeStripper

    for extra in ("", f"<p>{NOTICE}</p>"):
        page = f"<html><body><article><p>{STORY}</p>{extra}<p>{STORY}</p></article></body></html>"
        (document,) = NoticeStripper()(iter(documents(page)))
        assert document.text == judge.strip_html(page)
        assert document.text.startswith("<html>") and STORY in document.text
        assert (NOTICE in document.metadata["notices"]) is bool(extra)
        assert NOTICE not in document.text


@pytest.mark.parametrize("name", ["NoticeFilter", "NoticeStripper"])
def test_a_step_holds_one_batch(name):
    """It reads no further ahead, so that memory is bounded."""
    from detector import datatrove

    step, stream = getattr(datatrove, name)(batch_size=3), iter(documents(*[STORY] * 10))
    next(step(stream))
    assert [document.id for document in stream] == list("3456789")


def test_the_stripper_drops_what_it_is_told(judge):
    """Furniture alone, or notices alone."""
    from detector.datatrove import NoticeStripper

    text = f"{STORY}\n\n{FURNITURE}\n\n{NOTICE}\n\n{STORY}"
    for drop, gone in (("chrome", FURNITURE), ("notice", NOTICE)):
        (document,) = NoticeStripper([drop])(iter(documents(text)))
        (part,) = json.loads(document.metadata["notices"])
        assert document.text == judge.strip(text, [drop])
        assert (part["label"], part["text"]) == (drop, gone)


def test_what_is_taken_out_can_be_put_back():
    """The metadata holds offsets in the text before, and is text in every document."""
    from detector.datatrove import NoticeStripper

    plain, mixed = NoticeStripper()(iter(documents(STORY, MIXED)))
    assert (plain.text, plain.metadata) == (STORY, {"notices": "[]"})
    (part,) = json.loads(mixed.metadata["notices"])
    assert MIXED[part["start"] : part["end"]] == part["text"] == NOTICE
    assert (part["label"], part["kinds"]) == ("notice", ["not_advice"])
    assert part["score"] > 0.9


def test_what_cannot_be_judged_is_kept_and_counted(monkeypatch):
    """It passes both steps as it was, with the fault in its metadata."""
    from detector.datatrove import NoticeFilter, NoticeStripper

    steps = NoticeFilter(), NoticeStripper()
    found = rows.Verdicts(np.array([np.nan], np.float32), {}, {0: "broken"})
    monkeypatch.setattr(rows, "judge", lambda *_: found)
    for step in steps:
        (document,) = step(iter(documents(NOTICE)))
        assert (document.text, document.metadata["notice_fault"]) == (NOTICE, "broken")
        assert step.stats["unjudged"].total == 1


def test_a_taken_name_is_refused():
    """Metadata of the data is not written over; another key helps."""
    from detector.datatrove import NoticeStripper

    (document,) = documents(STORY)
    document.metadata["notices"] = "theirs"
    with pytest.raises(InputError, match="pass another key"):
        list(NoticeStripper()(iter([document])))
    list(NoticeStripper(key="ours")(iter([document])))
    assert document.metadata == {"notices": "theirs", "ours": "[]"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"drop": "notice"}, InputError),
        ({"drop": ["story"]}, InputError),
        ({"point": "best"}, InputError),
        ({"format": "pdf"}, DetectorError),
        ({"model": "none.safetensors"}, ModelError),
    ],
)
def test_a_wrong_option_is_told_where_the_pipeline_is_written(options, error):
    """Not hours later in a worker."""
    from detector.datatrove import NoticeFilter, NoticeStripper

    for step in (NoticeFilter, NoticeStripper):
        with pytest.raises(error):
            step(**options)


def test_steps_are_small_to_send():
    """The model is not inside."""
    import dill

    from detector.datatrove import NoticeFilter, NoticeStripper

    NoticeFilter().filter(documents(NOTICE)[0])
    assert len(dill.dumps([NoticeFilter(), NoticeStripper()])) < 4096


KILLED = """
import os, signal, sys
from pathlib import Path
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import JsonlWriter
from detector.datatrove import NoticeFilter, NoticeStripper

def strike(data, rank=0, world_size=1):
    for i, document in enumerate(data):
        if rank == 2 and i == 5 and sys.argv[2] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        yield document

out = sys.argv[1]
dropped, stories = (JsonlWriter(f"{out}/{name}", compression=None) for name in ("dropped", "stories"))
pipeline = [ParquetReader("articles"), NoticeFilter(dropped), NoticeStripper(batch_size=2), strike, stories]
LocalPipelineExecutor(pipeline, tasks=3, workers=1, logging_dir=f"{out}/logs").run()
"""


def test_a_killed_run_goes_on(desk):
    """Killed in its last task and started again, a run ends with the bytes of an unbroken one."""

    def run(out, how):
        command = [sys.executable, "-c", KILLED, out, how]
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        code = run.wait()
        if code:  # its helper processes outlive it
            os.killpg(run.pid, signal.SIGKILL)
        return code

    def files(out):
        return {
            (path.parent.name, path.name): path.read_bytes()
            for name in ("dropped", "stories")
            for path in Path(out, name).iterdir()
        }

    assert run("broken", "die") == -signal.SIGKILL
    assert not Path("broken/logs/completions/00002").exists()
    before = Path("broken/stories/00000.jsonl").stat().st_mtime_ns
    assert run("broken", "live") == run("whole", "live") == 0
    assert files("broken") == files("whole")
    assert Path("broken/stories/00000.jsonl").stat().st_mtime_ns == before


def test_without_datatrove_the_remedy_is_told():
    """The error names the extra."""
    code = "import sys; sys.modules['datatrove'] = None; import detector.datatrove"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "DetectorError: detector.datatrove needs datatrove" in done.stderr
    assert "pip install 'disclaimer-detector[datatrove]'" in done.stderr


def test_points_are_heard():
    """The operating point of a step is that of its detector."""
    from detector.datatrove import NoticeStripper

    texts = [MIXED, "Nothing here replaces the advice of your doctor. She added honey only on Sundays."]
    for point in ("strict", "eager"):
        left = NoticeStripper(point=point)(iter(documents(*texts)))
        assert [document.text for document in left] == [Detector.load(point=point).strip(t) for t in texts]
