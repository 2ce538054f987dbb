"""Writing the model file, so that the same corpus gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.numpy import save

from detector.model import FORMAT
from training.fitting import Fit


def write(fit: Fit, path: Path) -> None:
    """Write a fitted model to `path`, whole or not at all."""
    header = json.dumps(fit.model.header, sort_keys=True)
    data = save(fit.arrays, metadata={"format": FORMAT, "header": header})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)
