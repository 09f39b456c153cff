"""One network trained as plainly as it can be written, to compare forks of the engine with.

Gradients are differences of the loss, optimisers hold the averages of their sources, and a fork
only changes the recipe that the next step follows.
"""

from __future__ import annotations

import numpy as np
from paribus.core.components import stack_fields
from paribus.core.engine.architecture import Architecture
from paribus.core.engine.augmenter import Augmenter
from paribus.core.engine.examples import Examples
from paribus.core.families.clips import ClipNorm, ClipValue, MaxNorm
from paribus.core.families.disturbances import Dropout, InputNoise, LabelSmoothing
from paribus.core.families.penalties import L1, L2, DecoupledDecay
from paribus.core.families.regularisers import Averaging, EarlyStopping
from paribus.core.families.schedules import ReduceOnPlateau, TrainingTime
from paribus.core.recipe import Recipe
from paribus.core.streams import MaskStream, Purpose, stream, visiting_order

SEED, REPLICATE = 3, 0
H = 1e-6


def values(component) -> dict:
    """Return a component's float fields, one trial's, to broadcast over a layer."""
    return {k: v.reshape(1, 1, 1) for k, v in stack_fields([component]).items()}


def linked(link: str, z):
    if link == "sigmoid":
        return 1 / (1 + np.exp(-z))
    if link == "tanh":
        return np.tanh(z)
    if link == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return z


def losses(loss, z, y):
    """Return the loss of each example for outputs z (T, C, n) and targets y (C, n)."""
    right = (z * y).sum(axis=1, keepdims=True)
    of_classes = {
        "softmax-cross-entropy": lambda: -(y * np.log(linked("softmax", z))),
        "sigmoid-cross-entropy": lambda: np.log1p(np.exp(z)) - y * z,
        "binary-hinge": lambda: np.maximum(0, 1 - (2 * y - 1) * z),
        "multiclass-hinge": lambda: np.maximum(0, z - right + 1) * (1 - y),
    }
    if loss.kind in of_classes:
        return of_classes[loss.kind]().sum(axis=1)
    r = linked(loss.link, z) - y
    if loss.kind == "squared-error":
        return (0.5 if loss.factor == "half" else 1.0) * (r**2).sum(axis=1)
    if loss.kind == "absolute-error":
        return np.abs(r).sum(axis=1)
    d = loss.delta
    return np.where(np.abs(r) <= d, r**2 / 2, d * np.abs(r) - d**2 / 2).sum(axis=1)


class Plain:
    """One network in training, of trial (SEED, REPLICATE)."""

    def __init__(self, recipe: Recipe, data: Examples, theta: np.ndarray) -> None:
        self.theta = theta.astype(float)
        self.slots: dict[str, np.ndarray] = {}
        self.taken, self.best = 0, (np.inf, theta)
        self.plateau = [np.inf, 0, 1.0]
        self.averaged: np.ndarray | None = None
        self.running: list = []
        self.batches = 0
        self.recipe, self.data = recipe, data
        self.follow(recipe, data)
        self.observe()

    def follow(self, recipe: Recipe, data: Examples) -> None:
        """Go on with another recipe on other data."""
        self.architecture = Architecture.of(recipe, data.x.shape[1], data.y.shape[1])
        before, after = (
            [o.kind, *(v for v in vars(o).values() if isinstance(v, str | bool | int))]
            for o in (self.recipe.optimiser, recipe.optimiser)
        )
        if before != after:
            self.slots, self.taken = {}, 0
        if self.recipe.loss != recipe.loss or self.data is not data:
            self.plateau[:2] = [np.inf, 0]
        if not recipe.regulariser(Averaging):
            self.averaged = None
        elif self.averaged is None:
            self.averaged = self.theta.copy()
        normaliser = recipe.normaliser
        if normaliser and normaliser.running and not self.running:
            self.running = [[np.zeros(k), np.ones(k)] for k in recipe.hidden]
        self.recipe, self.data, self.best = recipe, data, (np.inf, self.theta)

    def outputs(self, thetas, x, masks=None, *, scoring=False):
        """Return z (T, C, n) of networks with parameters (T, P) for inputs (features, n)."""
        recipe, views = self.recipe, self.architecture.views(thetas)
        h, batch, normaliser, tops = x[None], [], recipe.normaliser, []

        def normalised(v, layer):
            axis = 2 if normaliser.running else 1
            mean, variance = v.mean(axis=axis, keepdims=True), v.var(axis=axis, keepdims=True)
            batch.append((mean[0].ravel(), variance[0].ravel()))
            if scoring and normaliser.running:
                mean, variance = (part[None, :, None] for part in self.running[layer])
            unit = (v - mean) / np.sqrt(variance + normaliser.epsilon)
            return views.gains[layer] * unit + views.shifts[layer]

        for layer in range(recipe.depth):
            z = views.weights[layer] @ h + views.biases[layer]
            if normaliser and normaliser.place == "before":
                z = normalised(z, layer)
            fields = values(recipe.activation)
            if name := recipe.activation.learned_field:
                fields[name] = views.learned[layer]
            a = np.empty_like(z)
            recipe.activation.apply(fields, z.copy(), a, np.empty_like(z))
            if normaliser and normaliser.place == "after":
                a = normalised(a, layer)
            if masks is not None:
                a = a * masks[layer]
            if recipe.residual and recipe.residual.joins(layer):
                a = tops[layer - recipe.residual.every] + recipe.residual.scale * a
            tops.append(a)
            h = a
        return views.weights[-1] @ h + views.biases[-1], batch

    def batch(self, epoch, step):
        """Return the inputs (features, n), targets (C, n) and masks of a step."""
        recipe, data = self.recipe, self.data
        rows, size = data.train[0], recipe.batch(data.train.shape[1])
        if recipe.batch_size:
            rows = rows[visiting_order(SEED, REPLICATE, epoch, len(rows))]
        rows = rows[step * size : (step + 1) * size]
        x = data.x[rows % len(data.x)]
        if recipe.augmentations:
            augment = Augmenter(
                [recipe.augmentations],
                [(SEED, REPLICATE)],
                data.image,
                data.train.shape[1],
                np.dtype(float),
            )
            x = augment(data.x, rows[None] % len(data.x), epoch, step * size)[0]
        if noise := recipe.regulariser(InputNoise):
            drawn = stream(Purpose.INPUT_NOISE, SEED, REPLICATE, epoch, step)
            x = x + noise.std * drawn.standard_normal(x.shape)
        y, masks = data.y[rows].T, None
        if smooth := recipe.regulariser(LabelSmoothing):
            y = (1 - smooth.strength) * y + smooth.strength / len(y)
        if dropout := recipe.regulariser(Dropout):
            masks = []
            for layer, width in enumerate(recipe.hidden):
                drawn = MaskStream(SEED, REPLICATE, layer, epoch)
                for _ in range(step):
                    drawn.draw(width, size)
                p = dropout.per_layer[layer] if dropout.per_layer else dropout.p
                least = round(p * 65536)
                kept = drawn.draw(width, len(rows)) >= least
                masks.append(kept / (1 - least / 65536))
        return x.T, y, masks

    def step(self, epoch, step, steps):
        recipe = self.recipe
        x, y, masks = self.batch(epoch, step)
        count = len(self.theta)
        moved = np.concatenate([self.theta + H * np.eye(count), self.theta - H * np.eye(count)])
        loss = losses(recipe.loss, self.outputs(moved, x, masks)[0], y).mean(axis=1)
        g = (loss[:count] - loss[count:]) / (2 * H)
        batch = self.outputs(self.theta[None], x, masks)[1]
        self.batches += 1
        for layer, statistics in enumerate(self.running):
            keep = recipe.normaliser.momentum
            weight = (1 - keep) / (1 - keep**self.batches)
            for part, new in enumerate(batch[layer]):
                statistics[part] = (1 - weight) * statistics[part] + weight * new
        weights = slice(0, self.architecture.weights)
        w = self.theta[weights]
        if l2 := recipe.regulariser(L2):
            n = 1 if l2.normalisation == "half" else self.data.train.shape[1]
            g[weights] += l2.strength / n * w
        l1 = recipe.regulariser(L1)
        if l1 and l1.form == "subgradient":
            g[weights] += l1.strength * np.sign(w)
        if clip := recipe.regulariser(ClipNorm):
            g = g * min(1, clip.limit / np.linalg.norm(g))
        if clip := recipe.regulariser(ClipValue):
            g = np.clip(g, -clip.limit, clip.limit)
        time = TrainingTime(epoch * steps + step, epoch, steps, recipe.epochs)
        rate = np.empty(count)
        for run, factor in self.architecture.rates(recipe.optimiser):
            rate[run] = factor
        rate *= recipe.optimiser.learning_rate * self.factor(recipe.schedule, time)
        decay = recipe.regulariser(DecoupledDecay)
        decay = decay.strength if decay else getattr(recipe.optimiser, "decay", 0.0)
        self.theta[weights] -= rate[weights] * decay * w
        self.descend(g, rate, self.factor(recipe.momentum_schedule, time))
        if l1 and l1.form == "proximal":
            w = self.theta[weights]
            w = np.sign(w) * np.maximum(0, np.abs(w) - rate[weights] * l1.strength)
            self.theta[weights] = w
        if bound := recipe.regulariser(MaxNorm):
            for matrix in self.architecture.views(self.theta[None]).weights:
                norms = np.linalg.norm(matrix, axis=2, keepdims=True)
                matrix[...] = matrix * np.minimum(1, bound.limit / norms)
        if self.averaged is not None:
            keep = recipe.regulariser(Averaging).decay
            self.averaged = keep * self.averaged + (1 - keep) * self.theta

    def factor(self, schedule, time) -> float:
        if schedule is None:
            return 1.0
        if isinstance(schedule, ReduceOnPlateau):
            return self.plateau[2]
        return float(np.ravel(schedule.factor(stack_fields([schedule]), time, None))[0])

    def descend(self, g, rate, share):
        o, t = self.recipe.optimiser, self.taken + 1
        self.taken = t

        def slot(name):
            return self.slots.setdefault(name, np.zeros_like(g))

        if o.kind == "sgd":
            self.theta -= rate * g
        elif o.kind in ("momentum", "nesterov"):
            m = o.momentum * share
            if getattr(o, "form", "inside") == "outside":
                v = self.slots["v"] = m * slot("v") + g
                self.theta -= rate * v
            else:
                v = self.slots["v"] = m * slot("v") - rate * g
                self.theta += m * v - rate * g if o.kind == "nesterov" else v
        elif o.kind == "adagrad":
            r = self.slots["r"] = slot("r") + g**2
            self.theta -= rate * g / (np.sqrt(r) + o.epsilon)
        elif o.kind == "rmsprop":
            r = self.slots["r"] = o.rho * slot("r") + (1 - o.rho) * g**2
            outside = o.form == "outside"
            self.theta -= rate * g / (np.sqrt(r) + o.epsilon if outside else np.sqrt(r + o.epsilon))
        elif o.kind == "adadelta":
            r = self.slots["r"] = o.rho * slot("r") + (1 - o.rho) * g**2
            change = g * np.sqrt(slot("u") + o.epsilon) / np.sqrt(r + o.epsilon)
            self.slots["u"] = o.rho * slot("u") + (1 - o.rho) * change**2
            self.theta -= rate * change
        elif o.kind == "lion":
            b1 = o.beta1 * share
            self.theta -= rate * np.sign(b1 * slot("m") + (1 - b1) * g)
            self.slots["m"] = o.beta2 * slot("m") + (1 - o.beta2) * g
        else:
            s = self.slots["s"] = o.beta1 * slot("s") + (1 - o.beta1) * g
            r = self.slots["r"] = o.beta2 * slot("r") + (1 - o.beta2) * g**2
            if o.kind == "amsgrad":
                r = self.slots["largest"] = np.maximum(slot("largest"), r)
            s = s / (1 - o.beta1**t)
            if o.kind == "nadam":
                s = o.beta1 * self.slots["s"] / (1 - o.beta1 ** (t + 1))
                s += (1 - o.beta1) * g / (1 - o.beta1**t)
            self.theta -= rate * s / (np.sqrt(r / (1 - o.beta2**t)) + o.epsilon)

    def observe(self):
        """Look at the validation loss at an epoch's end."""
        rows, theta = self.data.validation[0], self.scored
        x, y = self.data.x[rows % len(self.data.x)].T, self.data.y[rows].T
        z, _ = self.outputs(theta[None], x, scoring=True)
        loss = losses(self.recipe.loss, z, y).mean()
        stopping = self.recipe.regulariser(EarlyStopping)
        if stopping and loss < self.best[0] - stopping.margin:
            self.best = loss, theta.copy()
        schedule = self.recipe.schedule
        if isinstance(schedule, ReduceOnPlateau):
            better = loss < self.plateau[0] * (1 - schedule.threshold)
            self.plateau[:2] = [loss, 0] if better else [self.plateau[0], self.plateau[1] + 1]
            if self.plateau[1] >= schedule.patience:
                self.plateau[1:] = [0, self.plateau[2] * schedule.decay]

    @property
    def scored(self) -> np.ndarray:
        """The parameters that scores are measured with."""
        return self.theta if self.averaged is None else self.averaged

    @property
    def final(self) -> np.ndarray:
        """The parameters that training leaves behind."""
        return self.best[1] if self.recipe.regulariser(EarlyStopping) else self.scored

    def run(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Train from a step of an epoch to another one, or to an epoch's end as (epoch, 0)."""
        steps = self.recipe.steps_per_epoch(self.data.train.shape[1])
        epoch, step = start
        while (epoch, step) < end:
            self.step(epoch, step, steps)
            step += 1
            if step == steps:
                epoch, step = epoch + 1, 0
                self.observe()
