"""Neighbours speak for each other."""

from detector.neighbourhood import (
    AMID,
    BESIDE,
    BETWEEN,
    IDLE_HEADING,
    LONE_ITEM,
    QUOTED,
    furniture_shifts,
    shifts,
)

LINE = "paragraph"


def test_a_lone_segment_has_no_neighbours():
    """A single paragraph, or heading, is judged by itself."""
    assert shifts([False], [LINE]) == shifts([True], ["heading"]) == [0]


def test_notices_gather():
    """Each notice beside a segment speaks for it; its own verdict does not."""
    assert shifts([True, False, True], [LINE] * 3) == [0, BETWEEN, 0]
    assert shifts([True, True, False], [LINE] * 3) == [BESIDE] * 3


def test_amid_the_story_notices_are_rarer_than_at_its_ends():
    """The first two and the last five places are the ends."""
    assert shifts([False] * 9, [LINE] * 9) == [0, 0, -AMID, -AMID, 0, 0, 0, 0, 0]
    assert shifts([False] * 4, [LINE] * 4) == [0] * 4


def test_a_heading_announces_what_follows():
    """Above a notice it is lifted, above a story it is lowered."""
    assert shifts([False, True], ["heading", LINE]) == [BESIDE, 0]
    assert shifts([True, False], ["heading", LINE]) == [-IDLE_HEADING, BESIDE]


def test_a_quotation_amid_the_story_is_told_not_said():
    """At the ends of a text a quotation may be a notice set apart, amid the story it is none."""
    quotes = shifts([True] * 9, ["quote"] * 9)
    assert quotes[2] == quotes[3] == -QUOTED
    assert min(quotes[:2] + quotes[4:]) > 0


def test_a_list_item_alone_among_items_is_no_furniture():
    """Steps are short and imperative, as buttons are; a menu has several."""
    item = "list_item"
    assert furniture_shifts([False, True, False], [item] * 3) == [0, -LONE_ITEM, 0]
    assert furniture_shifts([False, True], ["table_row"] * 2) == [0, -LONE_ITEM]
    assert furniture_shifts([True, True], [item] * 2) == [0, 0]
    assert furniture_shifts([True], [LINE]) == [0]
