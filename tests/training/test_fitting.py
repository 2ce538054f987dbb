"""Fitting: honest folds, the same bytes twice, and features that serving shares."""

import json

import numpy as np
import pytest

from detector import Detector
from detector.evidence import text_logits
from detector.model import load
from training import corpus, publishing
from training.evaluation import held_out, outside
from training.features import matrix
from training.fitting import Settings, fit, held_out_notices
from training.sets import read_sets
from training.splits import FOLDS, folds
from training.variation import varied


@pytest.fixture(scope="module")
def examples():
    """A part of the corpus with all labels and kinds: quick to fit."""
    return corpus.read([corpus.FOLDER / "en.jsonl"])[::4]


@pytest.fixture(scope="module")
def fitted(examples):
    return fit(examples, jobs=1)


def test_families_are_never_parted():
    """All lines of a family are in one fold, and folds are of like size."""
    examples = corpus.read()
    by_family = {}
    for example, fold in zip(examples, folds(examples), strict=True):
        assert by_family.setdefault(example.family, fold) == fold
    sizes = np.bincount(folds(examples), minlength=FOLDS) / len(examples)
    assert sizes.min() > 0.8 / FOLDS and sizes.max() < 1.2 / FOLDS


def test_variants_stay_in_their_family(examples):
    """A variant of a held-out example is never trained on."""
    families = {example.family for example in examples}
    variants = varied(examples)
    assert len(variants) > len(examples)
    new = {variant.family for variant in variants} - families
    assert new and all("-composed-" in family for family in new)
    assert not any("-composed-" in family for family in families)


def test_the_matrix_and_the_model_agree(model):
    """Training's features times the weights give serving's logits."""
    texts = ["This is not advice.", "下雨了。", "", "one two three " * 30]
    counts = matrix(texts, model.symbols, model.recipe, model.padding)
    head = model.notice_head
    expected = head.bias + head.scale * (counts @ model.notice.astype(float))
    assert text_logits(model, texts) == pytest.approx(expected, abs=1e-4)


def test_the_same_corpus_gives_the_same_bytes(examples, fitted, tmp_path):
    """Publishing twice writes the same file."""
    again = fit(examples, jobs=2)
    paths = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    publishing.write(fitted, paths[0], held_out(fitted))
    publishing.write(again, paths[1], held_out(again))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert load(paths[0]).name == fitted.model.name


def test_held_out_scores_are_honest(examples, fitted):
    """Scores of examples come from models that did not see them: worse than those that did."""
    seen = Detector(fitted.model).score([example.text for example in examples])
    truth = np.array([example.label == "notice" for example in examples])
    gap_seen = seen[truth].mean() - seen[~truth].mean()
    gap_held = fitted.notice[truth].mean() - fitted.notice[~truth].mean()
    assert gap_held < gap_seen - 0.05
    measures = held_out(fitted)
    assert 0.5 < measures["all"]["average_precision"] < 1
    assert measures["languages"]["en"]["notices"] == truth.sum()
    assert sum(lot["notices"] for lot in measures["domains"].values()) == truth.sum()


def test_held_out_scores_of_the_notice_head_alone_are_the_same(examples, fitted):
    """The gate measures what the fit measured."""
    assert held_out_notices(examples, jobs=1) == pytest.approx(fitted.notice, abs=1e-9)


def test_settings_reach_the_model(examples):
    """Another recipe gives another table."""
    recipe = Settings().recipe
    small = fit(examples[::3], Settings(recipe=type(recipe)(((4, 1),), 1, 12)), jobs=1)
    assert small.model.notice.shape == (1 << 12,)


def test_the_shipped_model_was_fitted_on_this_corpus(model):
    """Whoever changes the corpus publishes the model again."""
    assert model.header["corpus"] == corpus.fingerprint(corpus.read())


def test_evaluation_on_text_from_outside(judge, tmp_path):
    """Rows and articles are measured by language, part and kind."""
    path = tmp_path / "set.jsonl"
    text = "Es regnete.\n\nAlle Angaben ohne Gewähr."
    spans = [
        {"start": 0, "end": 11, "label": "editorial"},
        {"start": 13, "end": 38, "label": "notice", "kinds": ["no_warranty"]},
    ]
    advice = "This is not investment advice."
    given = [
        {"text": advice, "label": "notice", "kinds": ["not_advice"], "lang": "en"},
        {"text": "It rained in the valley.", "label": "editorial", "lang": "en", "part": "plain"},
        {"text": text, "lang": "de", "format": "markdown", "spans": spans},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in given), "utf-8")
    rows, articles = read_sets([path])
    measures = outside(judge, rows, articles)
    assert measures["all"]["notices"] == measures["all"]["others"] == 1
    assert measures["languages"]["en"]["recall"] == 1.0
    assert measures["parts"]["plain"]["called"] == 0
    assert measures["articles"]["notices_found"] == 1
    assert measures["articles"]["f1"] == 1.0
    assert measures["kinds"]["not_advice"] == 1.0


def test_unreadable_sets_are_named(tmp_path):
    """File, line and reason."""
    path = tmp_path / "set.jsonl"
    path.write_text("{}\n")
    with pytest.raises(corpus.CorpusError, match=r"set.jsonl:1"):
        read_sets([path])
    with pytest.raises(corpus.CorpusError, match="does not exist"):
        read_sets([tmp_path / "nowhere"])
