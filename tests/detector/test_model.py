"""A model file is read whole, or refused with the reason."""

import json
import shutil

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from detector import Detector, ModelError
from detector.evidence import text_logits
from detector.model import SHIPPED, load, probability


def parts():
    with safe_open(SHIPPED, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def test_golden_scores(model):
    """The shipped model gives the very logits that it gave when it was published, on any platform."""
    golden = model.header["golden"]
    assert len(golden) >= 12
    assert text_logits(model, list(golden)).tolist() == list(golden.values())


def test_probability_is_the_logistic_function_and_level_at_the_ends():
    """Looked up on a grid, it stays within half a step of the curve."""
    logits = np.linspace(-20, 20, 999)
    curve = 1 / (1 + np.exp(-np.clip(logits, -16, 16)))
    assert np.abs(probability(logits) - curve).max() < 0.25 / 256
    assert probability(np.array([-1e300, 1e300, 0.0])).tolist()[2] == 0.5


def test_missing_file():
    """The path and the remedy are named."""
    with pytest.raises(ModelError, match=r"No model file at nowhere.*reinstall"):
        Detector.load("nowhere")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04pickle.", b"\xff" * 100])
def test_foreign_file(tmp_path, content):
    """Anything but safetensors is refused; nothing in it is run."""
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a readable safetensors file"):
        load(path)


def test_truncated_file(tmp_path):
    """A cut download is refused."""
    path = tmp_path / "m.safetensors"
    path.write_bytes(SHIPPED.read_bytes()[:-100])
    with pytest.raises(ModelError, match="reinstall"):
        load(path)


def test_one_flipped_bit_is_seen(tmp_path):
    """The fingerprint covers every weight, and what turns weights into verdicts."""
    path = tmp_path / "m.safetensors"
    data = bytearray(SHIPPED.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="fingerprint"):
        load(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a, h: h.update(kinds=h["kinds"][:-1]), "shape|heads"),
        (lambda a, h: h.pop("recipe"), "recipe"),
        (lambda a, h: h["recipe"].update(bits=40), "impossible recipe"),
        (lambda a, h: h["recipe"].update(bits=12), "shape"),
        (lambda a, h: h["recipe"].update(windows=[[99, 2]]), "impossible recipe"),
        (lambda a, h: h["points"]["strict"].update(other=1), "unexpected"),
        (lambda a, h: h["points"]["strict"].update(notice=0.5), "fingerprint"),
        (lambda a, h: h["heads"][0].update(bias=0.5), "fingerprint"),
        (lambda a, h: a["notice"].__setitem__(0, 1), "bucket 0"),
        (lambda a, h: a.pop("detail"), "missing"),
        (lambda a, h: a.update(notice=a["notice"].astype(np.int16)), "another type"),
    ],
)
def test_inconsistent_model_is_refused(tmp_path, change, reason):
    """Header and arrays must fit each other; the reason is told."""
    arrays, metadata = parts()
    header = json.loads(metadata["header"])
    change(arrays, header)
    path = tmp_path / "m.safetensors"
    save_file(arrays, path, metadata={"header": json.dumps(header)})
    with pytest.raises(ModelError, match=reason):
        load(path)


def test_other_format_is_refused(tmp_path):
    """A safetensors file of somebody else's, or of another version of ours."""
    arrays, metadata = parts()
    path = tmp_path / "m.safetensors"
    other = json.loads(metadata["header"]) | {"format": "disclaimer-detector/99"}
    for header in ({"header": json.dumps(other)}, {"other": "x"}, {"header": "[]"}, {"header": "{"}):
        save_file(arrays, path, metadata=header)
        with pytest.raises(ModelError, match=r"disclaimer-detector/99|has format None|is damaged"):
            load(path)


def test_a_copy_of_the_shipped_file_is_the_shipped_model(tmp_path, judge):
    """Detector.load takes another path."""
    path = shutil.copy(SHIPPED, tmp_path / "copy.safetensors")
    assert Detector.load(path).model.name == judge.model.name


def test_the_shipped_file_is_small():
    """The wheel must stay light."""
    assert SHIPPED.stat().st_size < 6_000_000
