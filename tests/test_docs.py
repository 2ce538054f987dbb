"""The documents cannot lie: commands and options are all named, and what they show runs."""

import os
import re
import shlex
import subprocess
import sys
from argparse import _SubParsersAction

import pytest

from detector.cli import parser
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
CLI = (ROOT / "docs" / "command-line.md").read_text("utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


def commands():
    (choices,) = (a.choices for a in parser()._actions if isinstance(a, _SubParsersAction))
    return choices


def test_every_command_and_option_is_documented():
    """An option without a word in docs/command-line.md fails."""
    for name, command in commands().items():
        assert f"## detector {name}" in CLI
        section = CLI.split(f"## detector {name}")[1].split("\n## ")[0]
        for action in command._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in section, f"{name} {option}"


def test_no_option_is_documented_that_is_not_built():
    """And the other way round."""
    known = {o for c in commands().values() for a in c._actions for o in a.option_strings} | {"--version"}
    named = set(re.findall(r"`(--[a-z]+)", CLI))
    assert named <= known


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_fits_the_terminal(name):
    """`--help` answers."""
    done = subprocess.run([sys.executable, "-m", "detector", name, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert name in done.stdout


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@pytest.mark.parametrize("text", [README, CLI], ids=["README", "command-line"])
def test_console_examples_print_what_they_show(text):
    """Each `$ detector …` of the documents is run; its output is the text below it."""
    shown = 0
    for block in blocks(text, "console"):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            line, _, expected = example.partition("\n")
            if not line.startswith(("detector", "echo", "printf", "head")):
                continue
            script = line.replace("detector ", f"{shlex.quote(sys.executable)} -m detector ")
            done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True)
            assert done.stdout + done.stderr == expected
            shown += 1
    assert shown


@pytest.mark.parametrize("block", blocks(README, "python"))
def test_python_examples_run(block):
    """Comments that begin with `# →` hold what the line before prints."""
    lines, out = block.splitlines(), []
    exec(compile(block, "README.md", "exec"), {"print": lambda *a: out.append(" ".join(map(str, a)))})
    assert out == [line.split("# → ")[1] for line in lines if "# → " in line]


EXTRACTORS = (ROOT / "docs" / "extractors.md").read_text("utf-8")
PACKAGES = {"readability-lxml": "readability", "newspaper4k": "newspaper", "jusText": "justext"}
PAGE, *RECIPES = blocks(EXTRACTORS, "python")
NAMES = re.findall(r"^## (.+)", EXTRACTORS, re.M)


@pytest.mark.extractors
@pytest.mark.parametrize(("name", "recipe"), list(zip(NAMES, RECIPES, strict=True)), ids=NAMES)
def test_recipes_for_extractors_run(name, recipe, monkeypatch):
    """Each recipe, on the page above them, prints what it shows."""
    if not os.environ.get("CI"):
        pytest.importorskip(PACKAGES.get(name, name), reason=f"needs {name}")
    monkeypatch.chdir(ROOT)
    out = []
    shown = {"print": lambda *a: out.append(" ".join(map(str, a)))}
    exec(compile(PAGE + recipe, "extractors.md", "exec"), shown)
    assert out == re.findall(r"# → (.+)", recipe)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(path):
    """Every relative link names a file."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_changelog_has_the_version():
    """Each release is told."""
    import detector

    assert f"## {detector.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
