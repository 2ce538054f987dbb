"""docs/api.md and docs/deploy.md say what is so."""

import re
import time

from tests.conftest import ROOT
from web.data import outbox
from web.data.tokens import SCOPES
from web.openapi import DOCUMENT
from web.settings import PREFIX

API = (ROOT / "docs" / "api.md").read_text("utf-8")
DEPLOY = (ROOT / "docs" / "deploy.md").read_text("utf-8")


def test_every_call_is_told():
    """Each path of the document stands in docs/api.md, and no other."""
    told = set(re.findall(r"(?:GET|POST|PUT|DELETE) (/[a-z{}/]+)", API))
    assert told == set(DOCUMENT["paths"])


def test_every_scope_is_told():
    """In the table of scopes."""
    assert set(re.findall(r"^\| `(\w+)` \|", API, re.M)) >= set(SCOPES)


def test_the_receivers_code_knows_our_signature():
    """What a reader copies says yes to our messages, and no to changed or old ones."""
    (code,) = re.findall(r"```python\n(.*?)```", API, re.S)
    known = {}
    exec(compile(code, "api.md", "exec"), known)
    body, now = b'{"id": 1}', int(time.time())
    header = outbox.sign("secret", body, now)
    assert known["is_ours"]("secret", header, body)
    assert not known["is_ours"]("secret", header, b'{"id": 2}')
    assert not known["is_ours"]("other", header, body)
    assert not known["is_ours"]("secret", outbox.sign("secret", body, now - 999), body)


def test_every_setting_is_told():
    """Each variable that the code reads stands in docs/deploy.md, and no other."""
    code = "".join(
        (ROOT / "web" / name).read_text("utf-8") for name in ("settings.py", "serving.py", "commands.py")
    )
    read = set(re.findall(r'PREFIX \+ "([A-Z]+)"|_number\("([A-Z]+)"|\{PREFIX\}([A-Z]+)', code))
    assert {PREFIX + next(filter(None, names)) for names in read} == set(
        re.findall(r"DETECTOR_WEB_[A-Z]+", DEPLOY)
    )
