"""The engine as a trainer: the only place of the benchmarks that knows its inside."""

from __future__ import annotations

import numpy as np
from paribus.cluster.planning.costs import stack_size
from paribus.core.engine.draws import Draws
from paribus.core.engine.examples import Examples, Sizes
from paribus.core.engine.stack import Stack
from paribus.core.families.optimisers import Optimiser
from paribus.core.families.schedules import TrainingTime
from paribus.core.recipe import Recipe
from paribus.core.trial import Trial
from paribus.studies.data.images import Digits
from paribus.studies.data.splits import RandomSplit
from workloads import Parameters, Trainer, Workload, data, initial, orders


def paribus(workload: Workload, optimiser: Optimiser, size: int | None = None) -> Trainer:
    """Return a stack in training, of the planner's size unless another one is asked for."""
    recipe = Recipe(
        Digits(), RandomSplit(), hidden=workload.layers[1:-1], activation=workload.activation,
        optimiser=optimiser, batch_size=workload.batch,
    )  # fmt: skip
    x, y = data(workload)
    few = np.arange(1)[None]
    sizes = Sizes(x.shape[1], y.shape[1], len(x), 1, 1)
    count = size or stack_size(recipe, sizes)
    trials = [Trial(recipe, "benchmark", 0, k) for k in range(count)]
    batches = orders(workload, count)
    one = np.repeat(few, count, axis=0)
    examples = Examples(x, y, batches.reshape(count, -1), one, one)
    stack = Stack.fresh(trials, examples)
    own = stack.architecture.views(stack.arena)
    given = initial(workload, count)
    for views, values in zip((own.weights, own.biases), given, strict=True):
        for view, value in zip(views, values, strict=True):
            view[...] = value.reshape(view.shape)
    nothing = Draws({})
    done = 0

    class Engine:
        def train(self, epochs: int) -> int:
            nonlocal done
            for _ in range(epochs):
                for step in range(workload.steps_per_epoch):
                    losses = stack.forward(batches[:, step], nothing)
                    if not np.isfinite(losses).all():
                        raise FloatingPointError(f"{workload.name} diverged")
                    stack.step(TrainingTime(done, 0, workload.steps_per_epoch, 1))
                    done += 1
            return epochs * workload.steps_per_epoch * count

        def parameters(self) -> Parameters:
            biases = [view[:, :, 0] for view in own.biases]
            return Parameters(
                *([np.array(view) for view in views] for views in (own.weights, biases))
            )

    return Engine()
