"""Names of members and fields as readers see them: each stands with its component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from paribus.core.components import Component, members, name_of, number
from paribus.reports.page.words import axis_words, level_words, member_words
from paribus.studies.designs.design_function import Level
from paribus.studies.files import schema
from paribus.studies.files.paths import kind_words

NAMES = {
    **{"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh", "leaky-relu": "leaky ReLU"},
    **{"prelu": "PReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "he": "He"},
    **{"xavier": "Xavier", "lecun": "LeCun", "lsuv": "LSUV", "sgd": "SGD", "adam": "Adam"},
    **{"momentum": "momentum", "adamw": "AdamW", "rmsprop": "RMSProp", "adagrad": "AdaGrad"},
    **{"adadelta": "AdaDelta", "amsgrad": "AMSGrad", "nadam": "Nadam", "lion": "Lion"},
    **{"batch-norm": "batch norm", "layer-norm": "layer norm", "mup": "μP", "rbm": "RBM"},
    **{"residual": "residual connections", "l1": "L1", "l2": "L2"},
    **{"least-squares": "least squares", "early-stopping": "early stopping"},
}
AXES = {
    "regularisers.dropout.per_layer": "dropout p by layer",
    "regularisers.l2.strength": "L2 strength λ",
    "regularisers.dropout.p": "dropout p",
    "regularisers.max-norm.limit": "max norm limit",
    "regularisers.l2": "L2",
    "preparations.label-noise.fraction": "share of wrong labels",
    "preparations.target-noise.sd": "sd of target noise",
    "preparations.outliers.fraction": "share of outliers",
    "preparations.class-skew.share": "share kept of rare classes",
    "preparations.truncation.share": "share kept of the input range",
    "preparations.feature-subset.features": "features",
    "optimiser.learning_rate": "learning rate",
    "pretraining.learning_rate": "pretraining learning rate",
    "split.train_examples": "training examples",
    "batch_size": "batch size",
}


@pytest.mark.parametrize(("kind", "name"), NAMES.items(), ids=str)
def test_kinds_have_their_names(kind, name):
    families = [f for f, union in schema.FAMILIES.items() if kind in members(union)]
    assert families
    for family in families:
        assert kind_words(family, kind) == name
        assert kind_words(family, "none") == "none"


@pytest.mark.parametrize(("path", "words"), AXES.items(), ids=str)
def test_axes_have_their_words(path, words):
    assert axis_words(path) == words


@pytest.mark.parametrize("family", schema.FAMILIES)
def test_no_two_members_of_a_family_share_a_name(family):
    names = [name_of(cls) for cls in members(schema.FAMILIES[family]).values()]
    assert len(set(names)) == len(names)


@dataclass(frozen=True)
class ZCA(Component):
    """A preparation that only has names."""

    kind: ClassVar[str] = "zca"
    words: ClassVar[str] = "ZCA whitening"
    share: float = number(0.5, words="share of variance")


def test_a_made_up_member_brings_its_words(monkeypatch):
    union = schema.FAMILIES["preparations"] | ZCA
    monkeypatch.setitem(schema.FAMILIES, "preparations", union)
    assert member_words(ZCA(0.2)) == "ZCA whitening (share 0.2)"
    share = Level("preparations.zca.share", 0.2, "0.2")
    assert level_words(share) == "share of variance = 0.2"
    assert level_words(Level("preparations.zca", None, "none")) == "no ZCA whitening"
