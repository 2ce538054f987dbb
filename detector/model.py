"""The model file: weight tables as small integers, and how to add them up.

A `.safetensors` file holds the arrays, and a JSON header in its metadata holds everything else.
Integer weights make every sum exact, so a score has the same bits in any order of adding.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from detector.errors import ModelError
from detector.ngrams import Folded, Recipe, Symbols, grams

FORMAT: Final = "disclaimer-detector/3"
#: Operating points, from the one that loses least of the story to the one that finds most notices.
POINTS: Final = ("strict", "balanced", "eager")
#: The model inside the package.
SHIPPED: Final = Path(__file__).parent / "models" / "notices.safetensors"

_REMEDY = "reinstall disclaimer-detector, or pass a file that `python -m training publish` wrote"
_ARRAYS = {"symbols": np.uint16, "notice": np.int8, "detail": np.int8, "vocabulary": np.uint32}
_JUDGING = ("recipe", "detail_recipe", "padding", "heads", "points", "kinds", "languages")
#: Probabilities are looked up on a grid of logits: equal on every platform and in every batch.
_STEPS, _REACH = 256, 16

Logits = NDArray[np.float64]


def _curve() -> NDArray[np.float32]:
    grid = (i / _STEPS for i in range(-_REACH * _STEPS, _REACH * _STEPS + 1))
    return np.array([1 / (1 + math.exp(-z)) for z in grid], np.float32)


_CURVE = _curve()


def probability(logits: Logits) -> NDArray[np.float32]:
    """The logistic function, looked up on a grid of 1/256; beyond a logit of 16 it stays level."""
    place = np.rint(np.clip(logits, -_REACH, _REACH) * _STEPS).astype(np.int64)
    return _CURVE[place + _REACH * _STEPS]


@dataclass(frozen=True, slots=True)
class Head:
    """How a sum of integer weights becomes a calibrated logit: `bias + scale * sum / (length + padding)`."""

    bias: float
    scale: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where verdicts turn, as probabilities. See MODEL_CARD.md for what each was measured to give.

    The header has one set for each of `POINTS`.
    """

    notice: float
    chrome: float
    span: float
    kind: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A loaded model. `notice` has shape (2**bits,), `detail` (2**detail_bits, 1 + kinds).

    Column 0 of `detail` is chrome (given that it is no notice), the others are the kinds of a
    notice, in the order of `kinds`; `chrome` is that column by itself. `vocabulary` has shape
    (65536,): bit `i` of a bucket of words says that language `i` knows one of them. `points` holds
    thresholds by operating point.
    """

    recipe: Recipe
    detail_recipe: Recipe
    symbols: Symbols
    notice: NDArray[np.int8]
    detail: NDArray[np.int8]
    vocabulary: NDArray[np.uint32]
    notice_head: Head
    detail_heads: tuple[Head, ...]
    padding: int
    points: Mapping[str, Thresholds]
    kinds: tuple[str, ...]
    languages: tuple[str, ...]
    header: Mapping[str, Any]
    chrome: NDArray[np.int8] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chrome", np.ascontiguousarray(self.detail[:, 0]))

    @property
    def name(self) -> str:
        """Short name of the published model: its release and the start of its fingerprint."""
        return f"{self.header['release']}+{self.header['fingerprint'][:12]}"

    def contributions(self, folded: Folded) -> NDArray[np.int16]:
        """The weight of the n-grams that begin at each symbol."""
        return _contributions(folded, self.recipe, self.notice)

    def chrome_contributions(self, folded: Folded) -> NDArray[np.int16]:
        """The same for chrome."""
        return _contributions(folded, self.detail_recipe, self.chrome)

    def detail_contributions(self, folded: Folded) -> NDArray[np.int32]:
        """The same for chrome and all kinds; shape (symbols, 1 + kinds)."""
        total = np.zeros((len(folded.symbols), 1 + len(self.kinds)), np.int32)
        for gram in grams(folded, self.detail_recipe):
            total[gram.starts] += self.detail.take(self.detail_recipe.bucket(gram.hashes), axis=0)
        return total

    def logits(self, sums: NDArray[np.int64], lengths: NDArray[np.int64]) -> Logits:
        """Calibrated logits of P(notice) from sums of contributions and lengths in symbols."""
        head = self.notice_head
        return head.bias + head.scale * sums / (lengths + self.padding)

    def chrome_logits(self, sums: NDArray[np.int64], lengths: NDArray[np.int64]) -> Logits:
        """Calibrated logits of chrome, given that a text is no notice."""
        head = self.detail_heads[0]
        return head.bias + head.scale * sums / (lengths + self.padding)

    def detail_logits(self, sums: NDArray[np.int64], lengths: NDArray[np.int64]) -> Logits:
        """Calibrated logits of chrome and of each kind; shape (n, 1 + kinds)."""
        bias = np.array([head.bias for head in self.detail_heads])
        scale = np.array([head.scale for head in self.detail_heads])
        return bias + scale * sums / (lengths + self.padding)[:, None]


def _contributions(folded: Folded, recipe: Recipe, table: NDArray[np.int8]) -> NDArray[np.int16]:
    total = np.zeros(len(folded.symbols), np.int16)
    for gram in grams(folded, recipe):
        weights = table.take(recipe.bucket(gram.hashes))
        if len(weights) == len(total):  # a window begins at every symbol
            total += weights
        else:
            total[gram.starts] += weights
    return total


def load(path: str | Path | None = None) -> Model:
    """Load a model file; without a path, the one that ships with the package.

    Raises `ModelError` where the file is missing, damaged, or not a model of this format.
    """
    path = SHIPPED if path is None else Path(path)
    if not path.is_file():
        raise ModelError(f"No model file at {path}: {_REMEDY}.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} is not a readable safetensors file ({error}): {_REMEDY}.") from error
    try:
        header = json.loads(metadata.get("header", "{}"))
        if header.get("format") != FORMAT:
            raise ModelError(f"{path} has format {header.get('format')!r}, not {FORMAT!r}: {_REMEDY}.")
        return _build(header, arrays)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}): {_REMEDY}.") from error


def fingerprint(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over all that a verdict depends on: the arrays of a model, and what the header says of them."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    judging = {name: header[name] for name in _JUDGING}
    digest.update(json.dumps(judging, sort_keys=True).encode())
    return digest.hexdigest()


def _build(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
    for name, dtype in _ARRAYS.items():
        if name not in arrays or arrays[name].dtype != dtype:
            raise ValueError(f"array {name!r} is missing or has another type")
    recipe, detail_recipe = _recipe(header["recipe"]), _recipe(header["detail_recipe"])
    kinds = tuple(header["kinds"])
    heads = tuple(Head(**head) for head in header["heads"])
    shapes = {
        "symbols": (1 << 16,),
        "notice": (1 << recipe.bits,),
        "detail": (1 << detail_recipe.bits, 1 + len(kinds)),
        "vocabulary": (1 << 16,),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"array {name!r} has shape {arrays[name].shape}, not {shape}")
    if arrays["notice"][0] or arrays["detail"][0].any():
        raise ValueError("bucket 0, which stands for no n-gram, has a weight")
    if len(heads) != 2 + len(kinds):
        raise ValueError(f"{len(heads)} heads for {len(kinds)} kinds")
    model = Model(
        recipe=recipe,
        detail_recipe=detail_recipe,
        notice_head=heads[0],
        detail_heads=heads[1:],
        padding=int(header["padding"]),
        points={name: Thresholds(**header["points"][name]) for name in POINTS},
        kinds=kinds,
        languages=tuple(header["languages"]),
        header=header,
        **{name: arrays[name] for name in _ARRAYS},
    )
    if fingerprint(header, arrays) != header["fingerprint"]:
        raise ValueError("it does not match its fingerprint")
    return model


def _recipe(spec: Mapping[str, Any]) -> Recipe:
    windows = tuple((int(spaced), int(unspaced)) for spaced, unspaced in spec["windows"])
    recipe = Recipe(windows, int(spec["words"]), int(spec["bits"]))
    orders = [order for pair in windows for order in pair]
    if not 8 <= recipe.bits <= 26 or not all(1 <= order <= 8 for order in orders):
        raise ValueError(f"impossible recipe {recipe}")
    return recipe
