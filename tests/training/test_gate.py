"""The gate holds what was reached, and lets nothing sink by itself."""

import json

from training import corpus, gate

PINS = {"corpus": "c", "floors": {"held_out.average_precision": 0.9, "held_out.calibration_error": 0.02}}


def test_what_holds_passes():
    """Equal or better is well; what was not measured is left alone."""
    measured = {"held_out.average_precision": 0.9, "held_out.calibration_error": 0.01}
    assert list(gate.faults(PINS, "c", "c", measured)) == []
    assert list(gate.faults(PINS, "c", "c", {})) == []


def test_each_fall_is_named():
    """Lower where more is better, higher where less is, no number, another corpus, another model."""
    low = {"held_out.average_precision": 0.89, "held_out.calibration_error": 0.03}
    found = list(gate.faults(PINS, "c", "c", low))
    assert "average_precision is 0.8900, below 0.9000" in found[0]
    assert "calibration_error is 0.0300, above 0.0200" in found[1]
    assert len(list(gate.faults(PINS, "c", "c", {"held_out.average_precision": float("nan")}))) == 1
    assert "not the pinned one" in next(gate.faults(PINS, "d", "d", {}))
    assert "learned another corpus" in next(gate.faults(PINS, "c", "d", {}))


def test_pinning_lifts_and_never_lowers():
    """Each pin goes to what was measured where that is better, less a slack."""
    measured = {"held_out.average_precision": 0.95, "held_out.calibration_error": 0.03, "new": 0.5}
    pins = gate.pinned(PINS, "d", measured)
    assert pins["corpus"] == "d"
    assert pins["floors"]["held_out.average_precision"] == 0.95 - gate.SLACK
    assert pins["floors"]["held_out.calibration_error"] == 0.02
    assert pins["floors"]["new"] == 0.5 - gate.SLACK
    again = gate.pinned(pins, "d", {"held_out.average_precision": 0.8, "new": float("nan")})
    assert again == pins


def test_the_shipped_pins_are_of_this_corpus():
    """Whoever changes the corpus publishes and pins again."""
    pins = gate.read()
    assert pins["corpus"] == corpus.fingerprint(corpus.read())
    assert {"held_out.average_precision", "cases.hard", "outside.average_precision"} <= set(pins["floors"])
    assert json.loads(gate.PINS.read_text("utf-8")) == pins
