"""The command line as a user meets it: output, messages, exit codes."""

import json
import os
import pty
import subprocess
import sys

import pytest

from detector import cli
from tests.conftest import ROOT


def run(*arguments, stdin=b"", **options):
    """Run the command in a process of its own; output as text."""
    done = subprocess.run(
        [sys.executable, "-m", "detector", *map(str, arguments)], input=stdin, capture_output=True, **options
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    return done.returncode, out, err


@pytest.fixture
def article(tmp_path):
    """A small article with a notice, as a file."""
    path = tmp_path / "article.txt"
    path.write_text("The harbour reopened on Monday.\n\nThis is not investment advice.\n", "utf-8")
    return path


def test_analyze_shows_labels_and_a_summary(article):
    """One line a segment, then one line for the whole."""
    code, out, _ = run("analyze", article)
    first, second, summary = out.splitlines()
    assert code == 0
    assert first.startswith("editorial") and "harbour" in first
    assert second.startswith("notice") and "[not_advice]" in second
    assert "1 editorial, 1 notice, 0 chrome" in summary


def test_analyze_json_is_the_report(article):
    """For programs."""
    code, out, _ = run("analyze", "--json", article)
    assert (code, json.loads(out)["notices"][0]["kinds"]) == (0, ["not_advice"])


def test_analyze_explains(article):
    """The words that weighed most, with their weight."""
    _, out, _ = run("analyze", "--explain", article)
    assert "because: " in out and "advice +" in out


def test_analyze_cannot_be_tricked_by_control_characters(tmp_path):
    """Escape sequences in a text do not reach the terminal."""
    path = tmp_path / "evil.txt"
    path.write_text("Story \x1b[31mred\x1b[0m \u202eneerg\x07 [bold]plain[/bold].", "utf-8")
    _, out, _ = run("analyze", path)
    assert "\x1b" not in out and "\u202e" not in out and "\x07" not in out
    assert "[bold]plain[/bold]" in out


def test_strip_prints_the_story_alone(article):
    """And nothing else."""
    assert run("strip", article) == (0, "The harbour reopened on Monday.\n", "")


def test_strip_keeps_what_is_not_to_be_dropped(article):
    """--drop names what goes."""
    assert run("strip", "--drop", "chrome", article)[1] == article.read_text("utf-8")


def test_strip_marks(article):
    """--mark keeps the notices, tagged with their kinds."""
    _, out, _ = run("strip", "--mark", article)
    assert out.endswith('<notice kinds="not_advice">This is not investment advice.</notice>\n')


def test_strip_says_when_nothing_is_left():
    """Never a silent empty result."""
    code, out, err = run("strip", "-", stdin=b"This is not investment advice.")
    assert (code, out.strip()) == (0, "")
    assert "Nothing is left of -" in err


def test_strip_keeps_a_legal_page(tmp_path, samples):
    """And says so."""
    path = tmp_path / "terms.txt"
    path.write_text(samples["terms-en.txt"], "utf-8")
    code, out, err = run("strip", path)
    assert (code, out) == (0, samples["terms-en.txt"])
    assert "legal page" in err


PAGE = (
    "<!DOCTYPE html>\n<meta charset={}><p>Der Regen fiel auf Köln, die ganze Nacht, den ganzen Tag.</p>\r\n"
    "<script>1 < 2</script>\n<p>This is <b>not</b> investment advice.</p>\n<p title='a>b'>Züge standen still."
)


def test_a_page_is_analyzed_as_its_reader_sees_it():
    """HTML is seen by how it begins; the report as JSON says where in the page a segment stands."""
    code, out, err = run("analyze", "-", stdin=PAGE.format("utf-8").encode())
    assert (code, err) == (0, "")
    assert "1 < 2" not in out and "2 editorial, 1 notice" in out
    report = json.loads(run("analyze", "--json", "-", stdin=PAGE.format("utf-8").encode())[1])
    assert report["source"] == "-"
    assert report["segments"][1]["place"] == {"xpath": "/html/body/p[2]", "line": 4}


def test_strip_prints_the_text_of_a_page_or_the_page():
    """Without --html the text of the story; with it the page, else as it was."""
    data = PAGE.format("utf-8").encode()
    assert run("strip", "-", stdin=data)[1].endswith("Tag.\n\nZüge standen still.")
    assert run("strip", "--html", "-", stdin=data)[1].encode() == data.replace(
        b"<p>This is <b>not</b> investment advice.</p>", b""
    )
    assert (
        '<aside class="notice" data-kinds="not_advice"><p>This is <b>not</b>'
        in (run("strip", "--html", "--mark", "-", stdin=data)[1])
    )
    assert run("strip", "--html", "--drop", "chrome", "-", stdin=data)[1].encode() == data


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8-sig"])
def test_a_page_comes_back_in_its_encoding(encoding, tmp_path):
    """Bytes stay what they were, those that are no text as well, which are told."""
    path, junk = tmp_path / "page.html", b"\x81" if encoding == "iso-8859-1" else b""
    path.write_bytes(PAGE.format(encoding).encode(encoding) + junk)
    command = [sys.executable, "-m", "detector", "strip", "--html", path]
    done = subprocess.run(command, capture_output=True)
    left = PAGE.format(encoding).replace("<p>This is <b>not</b> investment advice.</p>", "")
    assert (done.returncode, done.stdout) == (0, left.encode(encoding) + junk)
    assert done.stderr.decode().count("1 bytes are not in the encoding of the page") == len(junk)


def test_a_page_without_notices_comes_back_byte_for_byte():
    """Even where an encoding has two ways to write a character."""
    data = b"<html><meta charset=shift_jis><p>\xfa\x40 \xee\xef\r\n"
    done = subprocess.run(
        [sys.executable, "-m", "detector", "strip", "--html", "-"], input=data, capture_output=True
    )
    assert done.stdout == data


def test_a_feed_is_told_entry_by_entry():
    """analyze names each entry; strip prints it under a line with its name."""
    feed = ROOT / "samples" / "feed-en.xml"
    code, out, err = run("analyze", feed)
    assert (code, err) == (0, "")
    assert "feed-en.xml#tag:allotment-notebook.example,2024:frost: 2 editorial, 1 notice" in out
    assert [json.loads(line)["source"][-5:] for line in run("analyze", "--json", feed)[1].splitlines()] == [
        "atoes",
        "frost",
    ]
    lines = run("strip", feed)[1].splitlines()
    assert sum(line.startswith(f"# {feed}#tag:") for line in lines) == 2
    assert "A frost on the first of April" in lines and not any("All rights" in line for line in lines)


def test_json_lines_are_told_line_by_line(tmp_path):
    """A bad line is named and the others go on; strip gives back each object with clean text."""
    path = tmp_path / "rows.jsonl"
    rows = [{"id": 1, "body": "It rained.\n\nThis is not investment advice."}, {"id": 2, "body": "Süß."}]
    path.write_text("\n".join(["nonsense", *(json.dumps(row) for row in rows)]), "utf-8")
    code, out, err = run("analyze", "--field", "body", "--json", path)
    assert code == 2 and "line 1: not JSON" in err
    assert [json.loads(line)["source"] for line in out.splitlines()] == [f"{path}:2", f"{path}:3"]
    code, out, err = run("strip", "--field", "body", path)
    assert code == 2 and "line 1: not JSON" in err
    assert [json.loads(line) for line in out.splitlines()] == [rows[0] | {"body": "It rained."}, rows[1]]


def test_a_document_that_cannot_be_judged_does_not_stop_the_others():
    """A feed in a field is told with its line."""
    stdin = b'{"text": "<rss></rss>"}\n{"text": "It rained."}'
    for command in ("analyze", "strip"):
        code, out, err = run(command, "-", "--format", "jsonl", stdin=stdin)
        assert code == 2 and "-:1: This is a feed" in err and "It rained." in out


def test_score_streams_lines():
    """A score, a tab, the line; a blank line stays blank."""
    code, out, _ = run("score", stdin=b"This is not investment advice.\n\nIt rained.\r\n")
    lines = out.splitlines()
    assert code == 0
    assert float(lines[0].split("\t")[0]) > 0.9 > float(lines[2].split("\t")[0])
    assert (lines[0].split("\t")[1], lines[1]) == ("This is not investment advice.", "\t")


def test_score_json_lines_keep_their_fields(tmp_path):
    """Each object comes back with a score."""
    path = tmp_path / "rows.jsonl"
    rows = [{"id": i, "body": "All rights reserved."} for i in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    code, out, _ = run("score", "--jsonl", "--field", "body", path)
    scored = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [{k: v for k, v in row.items() if k != "score"} for row in scored] == rows
    assert all(0 <= row["score"] <= 1 for row in scored)


def test_score_with_jobs_is_the_same(tmp_path):
    """Processes change nothing but the time."""
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"Line {i}, terms apply.\n" for i in range(20_000)), "utf-8")
    assert run("score", "--jobs", "2", path) == run("score", path)


def test_score_gives_back_bad_rows_and_scores_the_others():
    """A bad row is kept with the reason, told with its line, and ends in exit code 2."""
    lines = [b'{"text": "Terms apply."}', b"nonsense", b'{"no": 1}', b'"\xff"', b'{"text": "\\ud800"}']
    code, out, err = run("score", "--jsonl", stdin=b"\n".join(lines))
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [("error" in row) for row in rows] == [False, True, True, True, False]
    assert rows[1]["raw"] == "nonsense"
    assert "line 2: not JSON" in err and "line 4: not UTF-8" in err and "3 of 5 lines" in err


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["analyze", "nowhere.txt"], b"", "nowhere.txt does not exist: check the path"),
        (["analyze", "."], b"", ". is a directory: name the files"),
        (["score", "."], b"", ". is a directory: name the files"),
        (["analyze", "-"], b"", "- holds nothing: pass a file with text"),
        (["strip", "-"], b" \n\t", "- holds only white space: pass a file with text"),
        (["score"], b"", "- holds nothing: pass a file with a paragraph a line"),
        (["analyze", "-"], b"abc\xff", "byte 0xff at place 3): save it as UTF-8, or name its encoding"),
        (["analyze", "-", "--encoding", "klingon"], b"abc", "Unknown encoding 'klingon': try"),
        (["analyze", "-"], b"<?xml version='1.0'?><svg/>", "no page and no feed: extract its text first"),
        (["analyze", "-"], b"<html><script>x</script>", "-: no visible text: where scripts write the page"),
        (["analyze", "-"], b"<rss></rss>", "- has no entry that can be read: check that it is"),
        (["analyze", "-", "--format", "jsonl"], b"[]", "line 1: no text in field 'text': mend these lines"),
        (["strip", "-", "--format", "jsonl", "--field", "body"], b'{"text": ""}', "no text in field 'body'"),
        (["strip", "--html", "-"], b"It rained.", "- is no page: leave --html out, or pass --format html"),
        (["strip", "--html", "--format", "text", "-"], b"<html>x", "- is no page: leave --html out"),
        (["analyze", "-", "--model", "nowhere"], b"x", "No model file at nowhere"),
        (["score", "--model", "setup.py"], b"x", "No model file at setup.py|not a readable safetensors"),
        (["analyze"], b"", "required: FILE"),
        (["strip", "--drop", "story", "-"], b"x", "'story' is not any of notice, chrome"),
        (["score", "--jobs", "0"], b"x", "'0' is not a number of processes"),
        (["analyse", "-"], b"x", "invalid choice: 'analyse'"),
        ([], b"", "required: COMMAND"),
    ],
)
def test_bad_input_says_what_to_do(arguments, stdin, message, tmp_path):
    """Exit code 2 and a message with the remedy."""
    import re

    code, out, err = run(*arguments, stdin=stdin, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert re.search(message.replace("(", r"\(").replace(")", r"\)"), err), err


def test_unreadable_file(tmp_path, monkeypatch, capsys):
    """A file without permission; raised by hand, since a superuser may read any file."""
    path = tmp_path / "secret.txt"
    path.write_text("x")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert cli.main(["analyze", str(path)]) == 2
    assert "change its permissions" in capsys.readouterr().err


def test_one_bad_file_does_not_stop_the_others(article):
    """All that can be shown is shown; the exit code tells."""
    code, out, err = run("analyze", "nowhere.txt", article)
    assert code == 2
    assert "1 editorial, 1 notice" in out and "does not exist" in err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_honoured(encoding):
    """A marked file needs no option."""
    assert (
        run("strip", "-", stdin="Die Größe der Halle überraschte alle.".encode(encoding))[1]
        == "Die Größe der Halle überraschte alle."
    )


def test_named_encoding_is_used():
    """--encoding decodes."""
    text = "Die Größe der Halle überraschte alle."
    assert run("strip", "-", "--encoding", "cp1252", stdin=text.encode("cp1252"))[1] == text


def test_odd_characters_are_reported_honestly():
    """NUL and one character are text."""
    for text in ("\x00", "x", "Story\x00 goes on."):
        code, out, _ = run("analyze", "-", stdin=text.encode())
        assert code == 0 and "characters are notice" in out


def test_fifty_megabytes_in_one_line(tmp_path):
    """A single huge line is scored, not refused."""
    path = tmp_path / "big.txt"
    path.write_text("The story goes on. " * 2_700_000)
    code, out, _ = run("score", path)
    assert code == 0 and 0 <= float(out[:8]) < 0.5


def test_a_closed_pipe_is_no_error(tmp_path):
    """`detector score FILE | head` ends quietly."""
    path = tmp_path / "lines.txt"
    path.write_text("Terms apply.\n" * 200_000)
    with subprocess.Popen(
        [sys.executable, "-m", "detector", "score", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def on_a_terminal(*arguments, lines=40):
    """What the command shows on a terminal of so many lines."""
    parent, child = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": str(lines)}
    with subprocess.Popen(
        [sys.executable, "-m", "detector", *map(str, arguments)], stdout=child, env=environment
    ) as process:
        os.close(child)
        shown = b""
        while part := _read(parent):
            shown += part
        assert process.wait() == 0
    os.close(parent)
    return shown.decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux tells that the other end is closed
        return b""


def test_a_terminal_gets_colours_and_a_pipe_does_not(article):
    """Colours follow the terminal."""
    assert "\x1b[" in on_a_terminal("analyze", article)
    assert "\x1b[" not in run("analyze", article)[1]


def test_a_long_article_fits_the_terminal():
    """Runs of story are folded on a small screen; a pipe gets every segment."""
    sample = ROOT / "samples" / "news-fr.md"
    shown = on_a_terminal("analyze", sample, lines=24)
    assert shown.count("\n") <= 24
    assert "more of story" in shown and "1 notice" in shown
    assert "more of story" not in on_a_terminal("analyze", sample, lines=60)
    assert run("analyze", sample)[1].count("\n") == 35
