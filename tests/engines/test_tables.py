"""DuckDB, Polars and Hugging Face datasets."""

import pytest


def test_duckdb_gives_the_same_bits(package, example, same):
    """Through readers, a batch at a time."""
    package("duckdb")
    example("DuckDB")
    same("judged.parquet")


def test_polars_gives_the_same_bits(package, example, same):
    """At once and lazily."""
    package("polars")
    same(example("Polars")["judged"].to_arrow())
    same("judged.parquet")


def test_polars_categories_are_text(package, articles, expected):
    """A column of few values, which comes as a dictionary, is judged like any other."""
    package("polars")
    import polars as pl
    import pyarrow as pa

    from detector.arrow import score_table

    frame = pl.from_arrow(articles).with_columns(pl.col("text").cast(pl.Categorical))
    table = frame.to_arrow()
    assert pa.types.is_dictionary(table["text"].type)
    assert score_table(table).select(expected.column_names[2:]) == expected.drop_columns(["id", "text"])


def test_polars_views_are_text(package, articles, expected):
    """So is the newest layout of strings."""
    package("polars")
    import polars as pl

    from detector.arrow import score_table

    table = pl.from_arrow(articles).to_arrow(compat_level=pl.CompatLevel.newest())
    assert str(table["text"].type) == "string_view"
    assert score_table(table).select(expected.column_names[2:]) == expected.drop_columns(["id", "text"])


@pytest.fixture
def offline(package, tmp_path, monkeypatch):
    """`datasets` without a network, and with an empty cache."""
    package("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def test_datasets_give_the_same_bits(offline, example, same):
    """In two processes, and to Parquet."""
    example("Hugging Face datasets")
    same("judged.parquet")
