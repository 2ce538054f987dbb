"""Data sets in, the same rows with verdicts out: exact, resumable, and never a row lost."""

import gzip
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from argparse import _SubParsersAction
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import bulk, rows
from detector.bulk import shards, sources
from detector.bulk.lines import with_text
from detector.bulk.parts import KEPT_FAULTS, Options
from detector.cli import parser
from detector.errors import DetectorError
from tests.conftest import ROOT

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    if os.environ.get("CI"):
        raise
    pytest.skip("pyarrow is not installed: pip install -e '.[arrow]'", allow_module_level=True)

STORY = "The night ferry left the quay at nine with forty passengers on board."
NOTICE = "This article is not investment advice."
TEXTS = [
    STORY,
    NOTICE,
    f"{STORY}\n\n{NOTICE}\n\nBy morning the fog had lifted and the island lay ahead.",
    f"By morning the fog had lifted. {STORY} Some links are affiliate links, and we may earn a commission.",
    "© 2024 The Copper Kettle Diary. All rights reserved.",
    "Share this article",
    "Kulingen la seg utpå dagen, og fiskerne dro ut igjen med nye garn.",
    "",
    "«Größe» — 船は夜に港を出た。",
]
ADDED = ("score", "label", "kinds", "spans", "model")
ENDS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")


def command(*arguments, **options):
    """Run `detector bulk` in a process of its own: exit code, output, messages."""
    line = [sys.executable, "-m", "detector", "bulk", *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, **options)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def write(path, lines):
    """Rows as a file of the form that its name tells; a line is a row or bytes."""
    path = Path(path)
    if path.name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(lines), path, row_group_size=max(1, len(lines) // 7))
        return path
    data = b"".join(
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n"
        for line in lines
    )
    path.write_bytes(packed(data, path.name))
    return path


def packed(data, name):
    """Bytes, compressed as a name tells."""
    if name.endswith(".gz"):
        return gzip.compress(data, mtime=0)
    if name.endswith(".zst"):
        return pa.compress(data, "zstd", asbytes=True)
    return data


def parts(folder):
    """The rows of all parts, in order."""
    found = []
    for path in part_files(folder):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        else:
            found += [json.loads(line) for line in unpacked(path).splitlines()]
    return found


def part_files(folder):
    """The parts of which there are records, in order."""
    records = sorted(Path(folder).glob("part-*.json"))
    return [record.parent / json.loads(record.read_text())["part"] for record in records]


def unpacked(path):
    """The bytes of a part, decompressed."""
    codec = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    return pa.input_stream(str(path), compression=codec).read()


def content(folder):
    """Every file of a folder by name."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def records(count=60):
    """Rows that differ, with texts of all sorts."""
    return [{"id": i, "text": f"{TEXTS[i % len(TEXTS)]}", "n": {"a": [i]}} for i in range(count)]


@pytest.fixture
def small(monkeypatch):
    """Shards of a few lines, and batches of fewer, so that a small file has several of both."""
    monkeypatch.setattr(shards, "LEAST", 600)
    monkeypatch.setattr(sources, "BATCH_LINES", 3)
    monkeypatch.setattr("detector.bulk.tables.BATCH", 200)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Files of each form that are cut into several shards without help."""
    folder = tmp_path_factory.mktemp("large")
    lines = [
        {"id": i, "text": f"{STORY} On day {i} it rained. {NOTICE if i % 50 == 0 else ''}" * 4}
        for i in range(40_000)
    ]
    return {end: write(folder / f"large{end}", lines) for end in ENDS}


@pytest.fixture(scope="module")
def unbroken(large, tmp_path_factory):
    """What one process makes of each of them."""
    made = {}
    for end, path in large.items():
        folder = tmp_path_factory.mktemp("unbroken") / "out"
        bulk.run([str(path)], folder)
        made[end] = content(folder)
        assert len(made[end]) > 7  # at least two parts with their records
    return made


@pytest.mark.parametrize("end", ENDS)
def test_a_row_is_judged_as_analyze_does(tmp_path, judge, end, small):
    """Score, label, kinds and spans are those of the text alone, in every form."""
    path = write(tmp_path / f"in{end}", records())
    bulk.run([str(path)], tmp_path / "out")
    for row, before in zip(parts(tmp_path / "out"), records(), strict=True):
        report = judge.analyze(row["text"])
        assert {name: row[name] for name in before} == before
        assert tuple(row)[-5:] == ADDED
        assert row["score"] == judge.score(row["text"])
        assert (row["label"], tuple(row["kinds"])) == (rows.label(report), rows.kinds(report))
        spans = [(s["start"], s["end"], s["kinds"]) for s in row["spans"]]
        assert spans == [(n.start, n.end, list(n.kinds)) for n in report.notices]
        assert row["model"] == judge.model.name


def test_a_line_keeps_its_bytes(tmp_path):
    """Duplicate keys, long numbers, escapes, spaces and line ends stay; only fields are spliced in."""
    lines = [
        b'{"text": "a", "text" :"It rained." , "n": 1.50, "big": ' + b"9" * 5000 + b"}\r\n",
        b' {"x": "\\u00e9\\ud800}", "text": "It rained." }  \n',
        b'\xef\xbb\xbf{"text": "It rained.", "z": NaN}',
    ]
    bulk.run([str(write(tmp_path / "in.jsonl", lines))], tmp_path / "out")
    made = (tmp_path / "out/part-00000-00000.jsonl").read_bytes().splitlines(keepends=True)
    for line, out in zip(lines, made, strict=True):
        begin, end = line[: line.rindex(b"}")], line[line.rindex(b"}") :]
        assert out.startswith(begin + b',"score":') and out.endswith(end)


names = st.sampled_from(["text", "a", "té", "x y", '"', "\\", ""])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(names, some, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.tuples(names, values), max_size=4),
    st.text(),
    st.text(),
    st.booleans(),
    st.sampled_from([",", " , ", "\t,\n"]),
)
def test_another_text_is_put_in_its_place(others, text, other, ascii, comma):
    """Only the value that counts is changed, whatever stands around it."""
    values = [*others, ("text", text)]
    members = [json.dumps(k) + " :" + json.dumps(v, ensure_ascii=ascii) for k, v in values]
    line = ("{ " + comma.join(members) + " }\n").encode("utf-8", "surrogatepass")
    made = with_text(line, "text", other)
    old = json.dumps(text, ensure_ascii=ascii).encode()
    assert line.endswith(old + b" }\n") and made.startswith(line[: -len(old + b" }\n")])
    assert json.loads(made.decode()[len(line.decode()) - len(old.decode()) - 3 :][:-3]) == other


@pytest.mark.parametrize("end", ENDS)
def test_strip_leaves_the_story_and_loses_nothing(tmp_path, judge, end, small):
    """The column holds what `Detector.strip` gives; what is dropped stands aside with its place."""
    path = write(tmp_path / f"in{end}", records())
    out = tmp_path / "out"
    bulk.run([str(path)], out, Options(strip=True))
    assert [row["text"] for row in parts(out)] == [judge.strip(row["text"]) for row in records()]
    left = iter(records())
    dropped = 0
    for record in sorted(out.glob("part-*.json")):
        own = [next(left) for _ in range(json.loads(record.read_text())["rows"])]
        for line in record.with_suffix(".dropped.jsonl").read_text("utf-8").splitlines():
            piece = json.loads(line)
            assert own[piece["row"]]["text"][piece["start"] : piece["end"]] == piece["text"]
            assert set(piece) == {"row", "start", "end", "label", "kinds", "score", "text"}
            dropped += 1
    assert dropped == sum(len(judge.analyze(row["text"]).dropped) for row in records()) > 0


@pytest.mark.parametrize("end", [".jsonl", ".parquet"])
def test_strip_reads_pages(tmp_path, judge, end):
    """Of a page its text is left, also where nothing in it is a notice."""
    page = f"<html><body><p>{STORY}</p></body></html>"
    path = write(tmp_path / f"in{end}", [{"text": page}, {"text": STORY}])
    bulk.run([str(path)], tmp_path / "out", Options(strip=True))
    assert [row["text"] for row in parts(tmp_path / "out")] == [judge.strip(page), STORY]
    assert judge.strip(page) != page


def test_a_folder_becomes_one_row_a_file(tmp_path, judge):
    """Articles in any folder below, by path; a file that cannot be read is a bad row."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text(f"{STORY}\n\n{NOTICE}\n", "utf-8")
    (folder / "b.html").write_text(f"<p>{STORY}</p><p>{NOTICE}</p>", "utf-8")
    (folder / "deep/c.md").write_text(f"# Ferry\n\n{STORY}", "utf-8")
    (folder / "deep/d.txt").write_bytes(b"caf\xe9")
    (folder / "e.txt").write_bytes(b"")
    (folder / "f.txt").symlink_to("nowhere")
    (folder / ".hidden.txt").write_text("hidden")
    (folder / ".git").mkdir()
    (folder / ".git/notes.txt").write_text("hidden")
    (folder / "picture.png").write_bytes(b"png")
    os.mkfifo(folder / "pipe.txt")
    outcome = bulk.run([str(folder)], tmp_path / "out")
    made = {Path(row["path"]).name: row for row in parts(tmp_path / "out")}
    assert list(made) == ["a.txt", "b.html", "c.md", "d.txt", "e.txt", "f.txt"]
    assert [name for name, row in made.items() if "score" not in row] == ["d.txt", "e.txt", "f.txt"]
    assert made["d.txt"]["text"] is None
    assert made["a.txt"]["spans"][0]["start"] == len(STORY) + 2
    assert made["b.html"]["kinds"] == ["not_advice"]
    assert [message.split(": ")[0][-6:] for message in outcome.faults] == ["file 4", "file 5", "file 6"]


def test_a_folder_holds_files_of_rows_too(tmp_path):
    """All of them and the articles, each a source; an empty one is left out; names never clash."""
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        write(tmp_path / "in" / name / "same.jsonl", [{"text": name}])
        write(tmp_path / "in" / name / "same.parquet", [{"text": name}])
        (tmp_path / "in" / name / "empty.jsonl").touch()
    (tmp_path / "in/story.txt").write_text(STORY)
    outcome = bulk.run([str(tmp_path / "in")], tmp_path / "out")
    assert outcome.inputs == 5
    assert [row["text"] for row in parts(tmp_path / "out")] == ["a", "a", "b", "b", STORY]


def test_the_output_folder_is_no_input(tmp_path):
    """Where it lies in the folder that is read."""
    write(tmp_path / "in.jsonl", records(3))
    for _ in range(2):
        outcome = bulk.run([str(tmp_path)], tmp_path / "out")
        assert outcome.total.rows == 3
    with pytest.raises(DetectorError, match="lies in the output folder"):
        bulk.run([str(tmp_path / "out/part-00000-00000.jsonl")], tmp_path / "out")


@pytest.mark.parametrize("end", ENDS)
def test_jobs_change_no_byte(large, unbroken, tmp_path, end):
    """Several processes make what one makes."""
    bulk.run([str(large[end])], tmp_path / "out", jobs=2)
    assert content(tmp_path / "out") == unbroken[end]


def test_processes_share_a_compressed_file(tmp_path, monkeypatch, small):
    """Each judges every so many of its parts, and leaves the others to the others."""
    path, made = write(tmp_path / "in.jsonl.gz", records()), []
    work = bulk.work

    def second_of_two(lane, *rest):
        work(shards.Lane(lane.source, 1, 2), *rest)
        made.extend(sorted(name for name in content(tmp_path / "out") if name.endswith(".jsonl.gz")))
        work(lane, *rest)

    monkeypatch.setattr(bulk, "work", second_of_two)
    bulk.run([str(path)], tmp_path / "out")
    monkeypatch.undo()
    whole = part_files(tmp_path / "out")
    assert made == [part.name for part in whole[1::2]] and len(whole) > 3


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_stopped_run_goes_on(tmp_path, monkeypatch, small, end, after):
    """Only what is not complete is done again, and the result is that of an unbroken run."""
    path = str(write(tmp_path / f"in{end}", records()))
    bulk.run([path], tmp_path / "whole", Options(strip=True))
    record, made = bulk._record, []

    def stop(*arguments, **more):
        if len(made) == after:
            raise KeyboardInterrupt
        made.append(record(*arguments, **more))

    monkeypatch.setattr(bulk, "_record", stop)
    with pytest.raises(KeyboardInterrupt):
        bulk.run([path], tmp_path / "out", Options(strip=True))
    assert not (tmp_path / "out/manifest.json").exists()
    monkeypatch.setattr(bulk, "_record", lambda *a, **k: made.append(record(*a, **k)))
    bulk.run([path], tmp_path / "out", Options(strip=True))
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert len(made) == len(list((tmp_path / "whole").glob("part-*.json"))) > 3


def test_a_whole_run_is_not_done_again(tmp_path, monkeypatch, small):
    """A second run finds everything."""
    inputs = [str(write(tmp_path / f"in{end}", records())) for end in ENDS]
    first = bulk.run(inputs, tmp_path / "out")
    before = content(tmp_path / "out")
    monkeypatch.setattr(bulk, "work", None)
    second = bulk.run(inputs, tmp_path / "out")
    assert (second.before, second.total, second.faults) == (first.parts, first.total, first.faults)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("end", ENDS)
def test_a_part_that_was_changed_is_made_again(tmp_path, end, small):
    """Missing, cut and altered parts are seen."""
    path = str(write(tmp_path / f"in{end}", records()))
    bulk.run([path], tmp_path / "out")
    whole = content(tmp_path / "out")
    first, second, third = part_files(tmp_path / "out")[:3]
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    third.write_bytes(third.read_bytes()[:-1] + b"!")
    outcome = bulk.run([path], tmp_path / "out")
    assert content(tmp_path / "out") == whole
    assert outcome.before == (0 if end in (".jsonl.gz", ".jsonl.zst") else outcome.parts - 3)


@pytest.mark.parametrize("end", ENDS)
def test_a_killed_run_goes_on(large, unbroken, tmp_path, end):
    """SIGKILL at any moment, again and again; the end is byte for byte that of an unbroken run."""
    line = [sys.executable, "-m", "detector", "bulk", str(large[end]), "--out", str(tmp_path / "out")]
    chance, kills = random.Random(end), 0
    for attempt in range(40):
        with subprocess.Popen([*line, "--jobs", str(1 + attempt % 2)], stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(chance.uniform(0.1, 0.4) * 1.15**attempt)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
        if process.returncode == 0:
            break
    assert process.returncode == 0 and kills
    assert content(tmp_path / "out") == unbroken[end]


def test_a_run_ends_all_its_processes(large, tmp_path):
    """Workers do not outlive the process that was killed."""
    line = [sys.executable, "-m", "detector", "bulk", str(large[".jsonl"]), "--out", str(tmp_path / "out")]
    with subprocess.Popen([*line, "--jobs", "2"]) as process:
        children = until(lambda: len(workers(process.pid)) > 2 and workers(process.pid))
        process.kill()
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


def workers(pid):
    """The processes that a process has begun."""
    return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until(true):
    """What comes to be true."""
    for _ in range(1000):
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


def test_a_worker_that_dies_is_told(large, unbroken, tmp_path):
    """What is complete stays, and the same command goes on."""
    line = [sys.executable, "-m", "detector", "bulk", str(large[".jsonl"]), "--out", str(tmp_path / "out")]
    with subprocess.Popen([*line, "--jobs", "2"], stderr=subprocess.PIPE, text=True) as process:
        until(lambda: list((tmp_path / "out").glob("part-*.json")))
        os.kill(workers(process.pid)[-1], signal.SIGKILL)
        errors = process.stderr.read()
    assert process.returncode == 2
    assert "A process died" in errors and "run the same command again" in errors
    assert list((tmp_path / "out").glob("part-*.json"))
    assert command(large[".jsonl"], "--out", tmp_path / "out")[0] == 0
    assert content(tmp_path / "out") == unbroken[".jsonl"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_stops_cleanly(large, tmp_path, jobs):
    """Nothing half-done is left, and the message says how to go on."""
    line = [sys.executable, "-m", "detector", "bulk", str(large[".jsonl"]), "--out", str(tmp_path / "out")]
    # A job of a shell's background ignores interrupts, and so would what it starts.
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    line += ["--jobs", str(jobs)]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        until(lambda: list((tmp_path / "out").glob("part-*.json")))
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert process.returncode == 2
    assert "run the same command again" in errors and "Traceback" not in errors
    assert not list((tmp_path / "out").glob("*.tmp"))


@pytest.mark.parametrize("end", [".jsonl", ".parquet"])
def test_a_full_disk_is_told(large, unbroken, tmp_path, end):
    """What is complete stays, nothing half-done is left, and with room the run goes on."""
    script = f'ulimit -f 100; exec "{sys.executable}" -m detector bulk "$@"'
    limited = ["bash", "-c", script, "-", large[end], "--out", tmp_path / "out", "--jobs", "2"]
    done = subprocess.run(limited, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written (File too large): make room" in done.stderr
    assert set(content(tmp_path / "out")) == {".lock", "run.json"}
    assert command(large[end], "--out", tmp_path / "out")[0] == 0
    assert content(tmp_path / "out") == unbroken[end]


def test_two_processes_do_not_share_a_folder(tmp_path):
    """The second is refused."""
    import fcntl

    path = write(tmp_path / "in.jsonl", records(3))
    bulk.run([str(path)], tmp_path / "out")
    with (tmp_path / "out/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DetectorError, match=r"Another process writes to .*: wait for it"):
            bulk.run([str(path)], tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "other"),
    [
        (Options(point="strict"), "options"),
        (Options(column="body"), "options"),
        (Options(strip=True), "options"),
        (Options(prefix="p_"), "options"),
    ],
)
def test_another_run_in_the_folder_is_refused(tmp_path, options, other):
    """Other options or inputs in the same folder, with what differs."""
    path = write(tmp_path / "in.jsonl", [{"text": "It rained.", "body": "It rained."}])
    bulk.run([str(path)], tmp_path / "out")
    before = content(tmp_path / "out")
    with pytest.raises(DetectorError, match=f"another run, with other {other}: choose a new folder"):
        bulk.run([str(path)], tmp_path / "out", options)
    write(path, [{"text": "It sleeted."}])
    with pytest.raises(DetectorError, match="another run, with other inputs: choose a new folder"):
        bulk.run([str(path)], tmp_path / "out")
    assert content(tmp_path / "out") == before


def test_files_of_something_else_are_refused(tmp_path):
    """And left as they are, without so much as a lock beside them."""
    path = write(tmp_path / "in.jsonl", records(3))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    with pytest.raises(DetectorError, match=r"something else \(notes.txt\): choose a new folder"):
        bulk.run([str(path)], tmp_path / "out")
    assert content(tmp_path / "out") == {"notes.txt": b"mine"}


def test_an_empty_folder_will_do(tmp_path):
    """It need not be new."""
    (tmp_path / "out").mkdir()
    bulk.run([str(write(tmp_path / "in.jsonl", records(3)))], tmp_path / "out")
    assert len(parts(tmp_path / "out")) == 3


@pytest.mark.parametrize("end", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_bad_lines_are_kept_and_told(tmp_path, end, small):
    """As the bytes that they were, with the line in the file; the others are judged; exit code 2."""
    good = b'{"text": "It rained."}\n'
    bad = [
        (b"nonsense\n", "not JSON"),
        (b'{"text": "\xff"}\n', "not UTF-8 at byte 10"),
        (b'{"body": "It rained."}\n', "no field 'text': it has body"),
        (b'{"text": 1}\n', "field 'text' holds no text"),
        (b'{"text": null}\n', "field 'text' holds no text"),
        (b'["text"]\n', "no JSON object"),
        (b'{"text": "x", "label": 1}\n', "already has a field 'label'"),
        (b'{"text": ' + b"[" * 100_000 + b"\n", "not JSON"),
    ]
    lines = [line for pair in bad for line in (good * 20, b"\n", pair[0])]
    path = write(tmp_path / f"in{end}", lines)
    outcome = bulk.run([str(path)], tmp_path / "out")
    made = b"".join(unpacked(part) for part in part_files(tmp_path / "out")).splitlines(keepends=True)
    assert [made[i * 22 + 21] for i in range(len(bad))] == [line for line, _ in bad]
    assert made[20] == b"\n" and b'"score"' in made[0]
    assert (outcome.total.rows, outcome.total.bad) == (21 * len(bad), len(bad))
    for i, (message, (_, why)) in enumerate(zip(outcome.faults, bad, strict=True)):
        assert message.startswith(f"{path}, line {i * 22 + 22}: {why}")
    code, out, errors = command(path, "--out", tmp_path / "out")
    assert code == 2 and "168 rows (160 editorial), 0 notices, 8 bad rows" in out
    assert "line 22: not JSON" in errors and "8 of 168 rows could not be judged; the others were" in errors


def test_ever_so_many_bad_rows_are_counted(tmp_path):
    """Places are kept for the first, and told for ten."""
    path = write(tmp_path / "in.jsonl", [b"x\n"] * 6000)
    outcome = bulk.run([str(path)], tmp_path / "out")
    assert (outcome.total.bad, len(outcome.faults)) == (6000, KEPT_FAULTS)
    assert len(json.loads((tmp_path / "out/part-00000-00000.json").read_text())["faults"]) == KEPT_FAULTS
    assert command(path, "--out", tmp_path / "out")[2].count("\n") == 11


def test_a_line_that_is_too_long_is_one_bad_row(tmp_path, monkeypatch, small):
    """It is copied piece by piece, and no piece of it is taken for a row."""
    monkeypatch.setattr(sources, "LONGEST", 200)
    monkeypatch.setattr("detector.bulk.lines.LONGEST", 200)
    row = b'{"text": "It rained."}'
    lines = [row + b"\n", b'{"text": "'.ljust(200) + row * 50 + b"\n", row + b"\n", b" " * 200 + row]
    outcome = bulk.run([str(write(tmp_path / "in.jsonl", lines))], tmp_path / "out")
    made = b"".join(part.read_bytes() for part in part_files(tmp_path / "out")).splitlines(keepends=True)
    assert made[1] == lines[1] and made[3] == lines[3]
    assert b'"score"' in made[0] and b'"score"' in made[2]
    assert (outcome.total.rows, outcome.total.bad) == (4, 2)


def large_rows(count=3000):
    """Rows that do not shrink, so that damage lies behind many of them."""
    chance = random.Random(1)
    return [{"id": i, "text": f"{STORY} {chance.getrandbits(2000):x}"} for i in range(count)]


@pytest.mark.parametrize(
    ("end", "damage"),
    [
        (".jsonl.gz", "cut"),
        (".jsonl.gz", "garbage"),
        (".jsonl.gz", "flipped"),
        (".jsonl.zst", "cut"),
        (".jsonl.zst", "garbage"),
    ],
)
def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path, end, damage):
    """The rows before the damage are judged, the damage is told, other inputs are done, exit code 2."""
    path, other = write(tmp_path / f"in{end}", large_rows()), write(tmp_path / "other.jsonl", records(3))
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(
        {
            "cut": data[:half],
            "garbage": data + b"junk",
            "flipped": data[:half] + b"!!!!!!" + data[half + 6 :],
        }[damage]
    )
    code, out, errors = command(path, other, "--out", tmp_path / "out")
    assert code == 2 and "2 parts" in out
    assert ": damaged from here (" in errors and "mend the file" in errors
    made = parts(tmp_path / "out")
    assert [row["id"] for row in made[-3:]] == [0, 1, 2]
    before = made[:-3]
    assert [row["id"] for row in before] == list(range(len(before)))
    assert len(before) > (2980 if damage == "garbage" else 1000)
    assert f"in{end}, line {len(before) + 1}: damaged" in errors
    assert command(path, other, "--out", tmp_path / "out")[0] == 2


def test_a_damaged_table_is_read_as_far_as_it_goes(tmp_path):
    """Its rows before the damage are judged, and the damage is told."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.Table.from_pylist(large_rows()), path, row_group_size=500, compression="gzip")
    data, at = path.read_bytes(), pq.read_metadata(path).row_group(3).column(1).data_page_offset + 200
    path.write_bytes(data[:at] + bytes(5000) + data[at + 5000 :])
    outcome = bulk.run([str(path)], tmp_path / "out")
    assert "damaged from here" in outcome.troubles[0] and len(outcome.troubles) == 1
    assert [row["id"] for row in parts(tmp_path / "out")][:1500] == list(range(1500))


@pytest.mark.parametrize("end", ENDS)
def test_a_prefix_parts_the_names(tmp_path, end):
    """Names that are taken are refused before anything is written; a prefix makes room."""
    path = write(tmp_path / f"in{end}", [{"text": "It rained.", "score": 1}])
    with pytest.raises(DetectorError, match=r"in\..*score.*prefix"):
        bulk.run([str(path)], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    bulk.run([str(path)], tmp_path / "out", Options(prefix='n%"_'))
    [row] = parts(tmp_path / "out")
    assert tuple(row) == ("text", "score", *('n%"_' + name for name in ADDED))


STRINGS = [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())]
STRINGS += [pa.string_view()] if hasattr(pa, "string_view") else []  # of newer pyarrows


@pytest.mark.parametrize("kind", STRINGS, ids=str)
@pytest.mark.parametrize("strip", [False, True])
def test_every_type_of_string_is_text(tmp_path, kind, strip, small, judge):
    """Plain, large, view and dictionary; the type stays."""
    texts = [None, *TEXTS] * 4
    plain = pa.array(texts)
    column = plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)
    table = pa.table({"text": column, "id": range(len(texts))})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=13)
    outcome = bulk.run([str(tmp_path / "in.parquet")], tmp_path / "out", Options(strip=strip))
    made = [pq.read_table(part) for part in part_files(tmp_path / "out")]
    assert len(made) > 1
    as_read = pq.read_schema(tmp_path / "in.parquet").field("text").type
    assert {table.schema.field("text").type for table in made} == {as_read}
    kept = [judge.strip(text) if text and strip else text for text in texts]
    assert [text for table in made for text in table["text"].to_pylist()] == kept
    assert outcome.total.bad == 4 and outcome.faults[0].endswith("in.parquet, row 0: no text")
    assert [table["score"].null_count for table in made] == [t["text"].null_count for t in made]


def test_a_table_keeps_what_it_had(tmp_path):
    """Order, nested columns, metadata of the schema and of fields, and the compression."""
    fields = [
        pa.field("text", pa.string(), metadata={"k": "v"}),
        pa.field("deep", pa.list_(pa.struct([("a", pa.map_(pa.string(), pa.int8()))]))),
        pa.field("when", pa.timestamp("ns", "UTC")),
    ]
    schema = pa.schema(fields, metadata={"about": "ferries"})
    rows = [{"text": t, "deep": [{"a": [("x", 1)]}, None], "when": i} for i, t in enumerate(TEXTS)]
    table = pa.Table.from_pylist(rows, schema)
    pq.write_table(table, tmp_path / "in.parquet", compression="zstd")
    bulk.run([str(tmp_path / "in.parquet")], tmp_path / "out")
    made = pq.read_table(tmp_path / "out/part-00000-00000.parquet")
    assert made.schema.metadata == schema.metadata
    assert made.select(schema.names).equals(pq.read_table(tmp_path / "in.parquet"), check_metadata=True)
    chunk = pq.read_metadata(tmp_path / "out/part-00000-00000.parquet").row_group(0).column(0)
    assert chunk.compression == "ZSTD"


@pytest.mark.parametrize("groups", [0, 1])
def test_a_table_without_rows_stays_one(tmp_path, groups):
    """With the new columns, whether it has an empty row group or none."""
    empty = pa.table({"text": pa.array([], pa.string())})
    with pq.ParquetWriter(tmp_path / "in.parquet", empty.schema) as writer:
        for _ in range(groups):
            writer.write_table(empty)
    assert bulk.run([str(tmp_path / "in.parquet")], tmp_path / "out").total.rows == 0
    made = pq.read_table(tmp_path / "out/part-00000-00000.parquet")
    assert (made.num_rows, made.schema.names) == (0, ["text", *ADDED])


@pytest.mark.parametrize("strip", [False, True])
def test_text_that_is_no_utf8_is_a_bad_row(tmp_path, strip):
    """In a table it is kept, and the others are judged."""
    texts = pa.array([b"It rained.", b"<\xff\xfe", NOTICE.encode()], pa.binary())
    table = pa.table({"text": pa.Array.from_buffers(pa.string(), 3, texts.buffers())})
    pq.write_table(table, tmp_path / "in.parquet")
    outcome = bulk.run([str(tmp_path / "in.parquet")], tmp_path / "out", Options(strip=strip))
    assert outcome.faults == (f"{tmp_path}/in.parquet, row 1: not UTF-8",)
    made = pq.read_table(tmp_path / "out/part-00000-00000.parquet")
    assert made["label"].to_pylist() == ["editorial", None, "notice"]
    assert made["text"].cast(pa.binary())[1].as_py() == b"<\xff\xfe"


def test_a_large_input_is_known_by_pieces_of_it(tmp_path, monkeypatch):
    """From its first byte to its last; a small one by all of it."""
    monkeypatch.setattr(sources, "PIECES", 3)
    monkeypatch.setattr(sources, "PIECE", 4)
    path = tmp_path / "in.jsonl"

    def known(data):
        path.write_bytes(data)
        return sources.find([str(path)], tmp_path / "out")[0].sha256

    whole = b"0123456789abcdef"
    assert known(whole[:12]) == sha256(whole[:12]).hexdigest()
    assert known(whole) == sha256(b"0123" + b"6789" + b"cdef").hexdigest()
    assert known(whole) not in {
        known(b"!" + whole[1:]),
        known(whole[:-1] + b"!"),
        known(whole[:6] + b"!" + whole[7:]),
    }


def test_the_records_tell_what_is_there(tmp_path, small):
    """Rows, labels and notices of each part, and the size and SHA-256 of its file."""
    inputs = [write(tmp_path / f"in{end}", records()) for end in ENDS]
    outcome = bulk.run(list(map(str, inputs)), tmp_path / "out", Options(strip=True))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert [entry["rows"] for entry in manifest["inputs"]] == [60] * 4
    assert [entry["sha256"] for entry in manifest["inputs"]] == [
        sha256(path.read_bytes()).hexdigest() for path in inputs
    ]
    files = {name: about for part in manifest["parts"] for name, about in part["files"].items()}
    there = content(tmp_path / "out")
    assert {name for name in there if not name.endswith(".json")} == {*files, ".lock"}
    for name, about in files.items():
        assert about == {"bytes": len(there[name]), "sha256": sha256(there[name]).hexdigest()}
    made = parts(tmp_path / "out")
    assert manifest["total"]["notices"] == sum(len(row["spans"]) for row in made) > 0
    assert sum(manifest["total"]["labels"].values()) == outcome.total.rows == len(made)


@pytest.mark.parametrize(
    ("name", "content", "arguments", "message"),
    [
        ("in.jsonl", b"", [], "in.jsonl holds nothing: leave it out"),
        ("in.csv", b"text\n", [], r"in.csv is none of .parquet, .jsonl.*: convert it"),
        ("in.jsonl.gz", b"{}", [], "in.jsonl.gz is not gzip, whatever its name says: rename it"),
        ("in.jsonl.zst", b"{}", [], "in.jsonl.zst is not zstd, whatever its name says: rename it"),
        ("in.parquet", b"PAR1", [], r"in.parquet is not a readable Parquet file \(.*\): write it again"),
        ("in.parquet", {"text": ["x"]}, ["--column", "body"], "no column 'body': the data has text"),
        ("in.parquet", {"text": [b"x"]}, [], "in.parquet: Column 'text' holds binary, not text"),
        ("in.parquet", {"text": [1]}, [], "in.parquet: Column 'text' holds int64, not text"),
        ("nowhere/x", b"", [], "nowhere.jsonl does not exist: check the path"),
        ("in/picture.png", b"x", [], "in holds no file of .*: name another folder"),
        ("in.jsonl", b"{}", ["--model", "nowhere"], "No model file at nowhere"),
        ("in.jsonl", b"{}", ["--jobs", "0"], "'0' is not a number of processes"),
        ("in.jsonl", b"{}", ["--out", "/dev/null/x"], "/dev/null/x cannot be written .*: choose another"),
        ("in.jsonl", b"{}", ["--out", "."], "in.jsonl lies in the output folder .: choose another folder"),
    ],
)
def test_bad_input_says_what_to_do(tmp_path, name, content, arguments, message):
    """Exit code 2 and the remedy, before anything is written."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, dict):
        pq.write_table(pa.table(content), path)
    else:
        path.write_bytes(content)
    argument = {"nowhere/x": "nowhere.jsonl", "in/picture.png": "in"}.get(name, name)
    code, out, errors = command(argument, "--out", "out", *arguments, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert re.search(message, errors), errors
    assert not (tmp_path / "out").exists()


def test_an_input_that_goes_away_does_not_stop_the_others(tmp_path, monkeypatch):
    """It is told, no manifest is written, and when it is back the run goes on."""
    one, other = write(tmp_path / "one.jsonl", records(3)), write(tmp_path / "two.jsonl", records(3))
    work = bulk.work

    def gone(task, *rest):
        away = one.rename(tmp_path / "away")
        try:
            work(task, *rest)
        finally:
            away.rename(one)

    monkeypatch.setattr(bulk, "work", gone)
    outcome = bulk.run([str(one), str(other)], tmp_path / "out")
    assert outcome.troubles == (f"{one} does not exist: check the path, or pass - to read a pipe.",)
    assert outcome.total.rows == 3 and not (tmp_path / "out/manifest.json").exists()
    monkeypatch.undo()
    assert bulk.run([str(one), str(other)], tmp_path / "out").total.rows == 6


def test_pyarrow_is_needed_for_what_needs_it(tmp_path, monkeypatch):
    """JSON Lines do without; Zstandard and Parquet name the extra."""
    paths = [write(tmp_path / f"in{end}", records(3)) for end in ENDS]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in ("arrow", "bulk.tables"):
        monkeypatch.delitem(sys.modules, f"detector.{name}", raising=False)
        monkeypatch.delattr(f"detector.{name}", raising=False)
    for path in paths[:2]:
        assert bulk.run([str(path)], tmp_path / f"out{path.suffix}").total.rows == 3
    for path in paths[2:]:
        with pytest.raises(DetectorError, match=r"pip install 'disclaimer-detector\[arrow\]'"):
            bulk.run([str(path)], tmp_path / f"out{path.suffix}")


def test_a_pipe_gets_one_line(tmp_path):
    """And the same words as everywhere."""
    code, out, errors = command(write(tmp_path / "in.jsonl", records(9)), "--out", tmp_path / "out")
    assert (code, errors, out.count("\n")) == (0, "", 1)
    assert "out: 1 parts, 9 rows (" in out and "0 bad rows" in out


@pytest.mark.parametrize("end", [".jsonl", ".jsonl.gz"])
def test_a_file_without_rows_is_told(tmp_path, end):
    """Blank lines are kept, and are no rows."""
    outcome = bulk.run([str(write(tmp_path / f"in{end}", [b"\n \n"]))], tmp_path / "out")
    assert outcome.troubles == (f"{tmp_path}/in{end} holds no rows: leave it out.",)
    assert unpacked(part_files(tmp_path / "out")[0]) == b"\n \n"


def test_an_input_that_changes_is_told(tmp_path, monkeypatch):
    """While it is read; no manifest says that all is well."""
    path, work = write(tmp_path / "in.jsonl", records(3)), bulk.work

    def changing(*arguments):
        work(*arguments)
        path.write_bytes(path.read_bytes())

    monkeypatch.setattr(bulk, "work", changing)
    outcome = bulk.run([str(path)], tmp_path / "out")
    assert outcome.troubles == (f"{path} changed while it was read: run into a new folder.",)
    assert not (tmp_path / "out/manifest.json").exists()


def test_a_terminal_gets_a_bar(tmp_path):
    """With rows and bytes a second."""
    import pty

    parent, child = pty.openpty()
    path = write(tmp_path / "in.jsonl", records())
    line = [sys.executable, "-m", "detector", "bulk", str(path), "--out", str(tmp_path / "out")]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(line, stderr=child, stdout=subprocess.DEVNULL, env=environment) as process:
        os.close(child)
        shown = b""
        while part := _read(parent):
            shown += part
    os.close(parent)
    assert process.returncode == 0
    assert b"rows/s" in shown and b"MB/s" in shown


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux tells that the other end is closed
        return b""


def test_the_document_names_every_option():
    """docs/bulk.md and the command agree."""
    text = (ROOT / "docs/bulk.md").read_text("utf-8")
    [choices] = [action.choices for action in parser()._actions if isinstance(action, _SubParsersAction)]
    options = {name for action in choices["bulk"]._actions for name in action.option_strings}
    assert set(re.findall(r"`(--[a-z]+)", text)) == options - {"-h", "--help"}


@pytest.mark.parametrize("end", [".jsonl", ".parquet"])
@pytest.mark.parametrize("strip", [False, True])
def test_text_that_cannot_be_judged_is_a_bad_row(tmp_path, end, strip):
    """Such as XML that is no page: the reason is told, and the row has no verdict."""
    path = write(tmp_path / f"in{end}", [{"text": '<?xml version="1.0"?><table/>'}, {"text": STORY}])
    outcome = bulk.run([str(path)], tmp_path / "out", Options(strip=strip))
    assert outcome.total.bad == 1 and "This is XML" in outcome.faults[0]
    bad, good = parts(tmp_path / "out")
    assert bad.get("label") is None and bad["text"].startswith("<?xml") and good["label"] == "editorial"
