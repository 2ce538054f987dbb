"""The generated documents say what is in the corpus and in the model."""

import pytest

from training import card, chart, corpus, datasheet


def test_the_datasheet_is_of_this_corpus():
    """Whoever changes the corpus writes the datasheet again (publishing does)."""
    assert datasheet.SHEET.read_text("utf-8") == datasheet.text(corpus.read())


def test_the_card_is_of_the_shipped_model(model):
    """Its figures are those of the model's header and of the record."""
    assert card.CARD.read_text("utf-8") == card.text(model, card.recorded(model))


@pytest.mark.parametrize("name", ["held-out", "outside", "reliability"])
def test_pictures_of_the_card_are_there(name):
    """And are drawn with text that can be read and searched."""
    picture = (card.PICTURES / f"{name}.svg").read_text("utf-8")
    assert "<text" in picture and f"docs/pictures/{name}.svg" in card.CARD.read_text("utf-8")


def test_the_same_figures_give_the_same_picture(tmp_path):
    """Pictures change in a diff only when figures do."""
    bins = [(0.1, 0.12, 50), (0.9, 0.85, 10)]
    for name in ("one.svg", "two.svg"):
        chart.reliability(tmp_path / name, bins)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_numbers_are_shown_by_their_size():
    """Counts whole, shares with three digits, none as a dash."""
    assert [card.number(v) for v in (12, 0.5, 14705.9, float("nan"), None)] == [
        "12",
        "0.500",
        "14,706",
        "–",
        "–",
    ]
