"""The ceiling of what a model of byte n-grams can reach: ceiling.c, compiled here and now."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("ceiling.c")
TABLE_BITS = 21
_WEIGHTS, _BYTES, _PLACES = map(np.ctypeslib.ndpointer, (np.int8, np.uint8, np.int64))


class Ceiling:
    """The kernel with a table of random weights. Needs a C compiler: `cc`, or what CC names."""

    def __init__(self) -> None:
        self._table = np.random.default_rng(1).integers(-127, 128, 1 << TABLE_BITS, dtype=np.int8)
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "ceiling.so"
            options = ["-O3", "-march=native", "-shared", "-fPIC"]
            subprocess.run([os.environ.get("CC", "cc"), *options, "-o", library, SOURCE], check=True)
            self._measure: Any = ctypes.CDLL(str(library)).measure
        self._measure.argtypes = [ctypes.c_char_p, _PLACES, ctypes.c_int64, _WEIGHTS, _BYTES, _PLACES]
        self._measure.restype = None

    def sums(self, data: bytes, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sum of each text; text i is `data[offsets[i]:offsets[i + 1]]`."""
        sums, lower = np.empty(len(offsets) - 1, np.int64), np.empty(len(data) + 8, np.uint8)
        self._measure(data, offsets, len(sums), self._table, lower, sums)
        return sums

    def text_sums(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """The same of strings: what Python must do first is done here."""
        return self.sums(*laid_out(texts))


def laid_out(texts: Sequence[str]) -> tuple[bytes, NDArray[np.int64]]:
    """The bytes of texts in lower case, and n + 1 offsets into them."""
    encoded = [text.lower().encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return b"".join(encoded), offsets
