from __future__ import annotations

import numpy as np
import pytest
from paribus.core.components import members
from paribus.core.errors import InputError
from paribus.core.families.augmentations import Mirror
from paribus.core.families.losses import BinaryHinge, MulticlassHinge, SquaredError
from paribus.core.families.normalisers import BatchNorm, LayerNorm
from paribus.core.families.optimisers import SGD, LeastSquares, Lion, Momentum
from paribus.core.families.parametrisations import MaximalUpdate
from paribus.core.families.pretraining import RBMPretraining
from paribus.core.families.regularisers import L2, Dropout, LabelSmoothing
from paribus.core.families.residual import Residual
from paribus.core.families.schedules import (
    NOTHING_SEEN,
    Cosine,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    TrainingTime,
)
from small import recipe

SOLVED = {"optimiser": LeastSquares(), "loss": SquaredError(), "epochs": 1}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"regularisers": (Dropout(per_layer=(0.1,)),)}, "holds 1 probabilities for 2 hidden"),
        (
            {"regularisers": (LabelSmoothing(),), "loss": MulticlassHinge()},
            "'multiclass-hinge' takes one right class",
        ),
        (
            {"regularisers": (LabelSmoothing(),), "loss": BinaryHinge()},
            "'binary-hinge' takes one right class",
        ),
        ({"residual": Residual()}, "joins hidden layers 1 and 2, of widths 5 and 4"),
        ({"residual": Residual(2), "hidden": (3, 9, 4)}, "layers 1 and 3, of widths 3 and 4"),
        ({"momentum_schedule": Cosine(), "optimiser": SGD()}, "optimiser with momentum, not 'sgd'"),
        (
            {"momentum_schedule": ReduceOnPlateau(), "optimiser": Momentum()},
            "'reduce-on-plateau' is for the learning rate only",
        ),
        (
            {"momentum_schedule": OneCycle(height=2.0), "optimiser": Momentum(momentum=0.75)},
            "takes optimiser.momentum up to 1.5; it must stay below 1",
        ),
        (
            {"momentum_schedule": OneCycle(initial=1.25), "optimiser": Lion(beta1=0.8)},
            "takes optimiser.beta1 up to 1; it must stay below 1",
        ),
        ({"normaliser": BatchNorm(), "batch_size": 1}, "needs batch_size ≥ 2, not 1"),
        ({"pretraining": RBMPretraining(), "hidden": ()}, "needs a hidden layer to train"),
        ({"optimiser": LeastSquares(), "epochs": 1}, "not for loss = softmax-cross-entropy"),
        (SOLVED | {"loss": SquaredError("tanh")}, "not for loss = squared-error(link=tanh)"),
        (SOLVED | {"epochs": 2}, "recipe.epochs = 2: 'least-squares' is done after 1"),
        (SOLVED | {"schedule": Cosine()}, "takes no schedule"),
        (
            SOLVED
            | {"regularisers": (L2(),), "augmentations": (Mirror(),), "normaliser": LayerNorm()},
            "takes no regularisers or augmentations or normaliser",
        ),
        (SOLVED | {"parametrisation": MaximalUpdate()}, "takes no parametrisation"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_does_not_go_together_is_told_in_one_sentence(changes, told):
    with pytest.raises(InputError) as caught:
        recipe(**changes)
    (message,) = caught.value.messages
    assert told in message
    assert message.startswith("recipe.")
    assert "\n" not in message


def test_every_contradiction_is_told():
    with pytest.raises(InputError) as caught:
        recipe(**(SOLVED | {"epochs": 2, "residual": Residual(), "momentum_schedule": Cosine()}))
    assert len(caught.value.messages) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"residual": Residual(2)},
        {"residual": Residual(2), "hidden": (3, 9, 3)},
        {"residual": Residual(), "hidden": ()},
        {"normaliser": BatchNorm(), "batch_size": 0},
        {"normaliser": LayerNorm(), "batch_size": 1},
        {"momentum_schedule": OneCycle(initial=1.0, height=0.9, final=1.0), "optimiser": Lion()},
        SOLVED,
        SOLVED | {"pretraining": RBMPretraining()},
    ],
)
def test_what_goes_together_is_let_through(changes):
    assert recipe(**changes).structure


@pytest.mark.parametrize("kind", sorted(set(members(Schedule)) - {"one-cycle"}))
def test_no_schedule_exceeds_the_largest_factor_that_it_names(kind):
    schedule = members(Schedule)[kind]()
    for each in (schedule, OneCycle(initial=0.5, height=1.5), OneCycle(height=0.2, final=0.9)):
        fields = {
            name: np.array([value]) for name, value in vars(each).items() if type(value) is float
        }
        seen = np.array([NOTHING_SEEN])
        found = [
            float(each.factor(fields, TrainingTime(step, step // 7, 7, 9), seen).max())
            for step in range(63)
        ]
        assert max(found) <= each.largest + 1e-12
