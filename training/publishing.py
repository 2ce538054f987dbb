"""Writing the model file, so that the same corpus gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from safetensors.numpy import save

from detector.evidence import text_logits
from detector.model import FORMAT
from training.corpus import LABELS
from training.fitting import Fit


def write(fit: Fit, path: Path, measures: Mapping[str, float]) -> None:
    """Write a fitted model to `path`, with its measures in the header, whole or not at all."""
    header = {**fit.model.header, "format": FORMAT, "golden": _golden(fit), "metrics": measures}
    # One entry alone: the library writes several in no fixed order.
    data = save(fit.arrays, metadata={"header": json.dumps(header, sort_keys=True)})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def _golden(fit: Fit) -> dict[str, float]:
    """Logits of an example of each language and label: a model must give them on every platform."""
    wanted = product(fit.model.languages, LABELS)
    texts = [
        next(e.text for e in fit.examples if (e.language, e.label) == pair)
        for pair in wanted
        if any((e.language, e.label) == pair for e in fit.examples)
    ]
    return dict(zip(texts, text_logits(fit.model, texts).tolist(), strict=True))
