"""Samplers: given points with their costs, which points a search asks for next.

Each is a function of values: the same points, costs and seed give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from ...core.errors import InputError
from ..one_thread import one_blas_thread
from .search_space import Dimension, Point, Space, point_at

Scored = tuple[tuple[Point, float], ...]
"""Points with their costs, lower being better."""
TRIES = 100
"""Proposals in a row that are known already before a sampler is taken to have no other."""
CANDIDATES, NEARBY = 512, 128
"""Points of the whole space, and around the best one, that a Gaussian process chooses from."""


@lru_cache(maxsize=256)
def proposed(
    sampler: str, space: Space, scored: Scored, count: int, seed: int
) -> tuple[Point, ...]:
    """Return ``count`` new points, random ones where the sampler repeats what is known.

    There are fewer only where the space has no more to offer.
    """
    known = {point for point, _ in scored}
    new: dict[Point, None] = {}
    with one_blas_thread():
        for source in (SAMPLERS[sampler], evenly):
            misses = 0
            for point in source(space, scored, seed):
                if len(new) == count or misses == TRIES:
                    break
                repeated = point in known or point in new
                misses = misses + 1 if repeated else 0
                if not repeated:
                    new[point] = None
    return tuple(new)


def evenly(space: Space, scored: Scored, seed: int) -> Iterator[Point]:
    """Yield points at random, whatever is known."""
    rng = np.random.default_rng(seed)
    while True:
        yield point_at(space, rng.random(len(space)).tolist())


def require(sampler: str) -> None:
    """Refuse a sampler whose library is not installed.

    Raises
    ------
    InputError
        With the extra that brings it.
    """
    if sampler == "tpe" and find_spec("optuna") is None:
        raise InputError(
            "design.sampler = 'tpe' needs Optuna, which is not installed: "
            "pip install 'paribus[search]', or use sampler = 'gp' or 'random'"
        )


def tree_structured_parzen(space: Space, scored: Scored, seed: int) -> Iterator[Point]:
    """Yield points by a tree-structured Parzen estimator, as Optuna has it.

    Points of the same round are taken for bad ones until their scores are known, so that they
    differ. Source: Bergstra et al. 2011, NeurIPS 24.
    """
    import optuna

    names = [dimension.path for dimension in space]
    distributions = {d.path: _distribution(d) for d in space}
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=1, constant_liar=True)
        study = optuna.create_study(sampler=sampler)
        study.add_trials(
            optuna.trial.create_trial(
                params=dict(zip(names, point, strict=True)),
                distributions=distributions,
                value=value,
            )
            for point, value in scored
        )
    finally:
        optuna.logging.set_verbosity(level)
    while True:
        asked = study.ask(distributions).params
        pairs = zip(space, names, strict=True)
        yield tuple(dimension.rounded(asked[name]) for dimension, name in pairs)


def _distribution(dimension: Dimension) -> Any:
    import optuna.distributions as known

    if not dimension.ordered:
        return known.CategoricalDistribution(list(range(int(dimension.high) + 1)))
    if dimension.whole:
        return known.IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
    return known.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def gaussian_process(space: Space, scored: Scored, seed: int) -> Iterator[Point]:
    """Yield points of the greatest expected improvement under a Gaussian process.

    The process has a Matérn 5/2 kernel with a length for each dimension, and noise. Points of the
    same round are told the mean that is expected of them (a believer), so that they differ.
    Source: Jones, Schonlau & Welch 1998, J. Global Optim. 13; Ginsbourger et al. 2010.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    candidates = _candidates(space, scored, seed)
    features = _features(space, candidates)
    x = _features(space, [point for point, _ in scored])
    y = np.array([value for _, value in scored])
    y = (y - y.mean()) / (y.std() or 1.0)
    shape = ConstantKernel(1.0, (0.05, 20.0)) * Matern(np.ones(x.shape[1]), (0.05, 20.0), nu=2.5)
    kernel = shape + WhiteKernel(0.01, (1e-6, 1.0))
    kernel = _quietly(GaussianProcessRegressor(kernel, random_state=seed).fit, x, y).kernel_
    fixed = GaussianProcessRegressor(kernel, optimizer=None)
    noise = kernel.k2.noise_level
    while len(features):
        fixed.fit(x, y)
        mean, spread = fixed.predict(features, return_std=True)
        spread = np.sqrt(np.maximum(spread**2 - noise, 1e-18))
        best = int(_improvement(fixed.predict(x).min(), mean, spread).argmax())
        yield candidates.pop(best)
        x, y = np.vstack([x, features[best]]), np.append(y, mean[best])
        features = np.delete(features, best, axis=0)


def _quietly(fit: Callable[..., Any], *arguments: Any) -> Any:
    """Fit without remarks on a length or noise that ends at its bound, which is no mistake."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fit(*arguments)


def _improvement(best: float, mean: Any, spread: Any) -> Any:
    """Return E[max(0, best − Y)] for Y ~ N(mean, spread²)."""
    from scipy.stats import norm

    gap = best - mean
    return gap * norm.cdf(gap / spread) + spread * norm.pdf(gap / spread)


def _candidates(space: Space, scored: Scored, seed: int) -> list[Point]:
    """Return distinct points: a Sobol sequence over the space, and normal draws around the best."""
    from scipy.stats import qmc

    width = len(space)
    rng = np.random.default_rng(seed)
    everywhere = qmc.Sobol(width, rng=rng).random(CANDIDATES)
    best = min(scored, key=lambda item: item[1])[0]
    centre = [d.share(at) for d, at in zip(space, best, strict=True)]
    nearby = np.clip(centre + 0.05 * rng.standard_normal((NEARBY, width)), 0.0, 1 - 2**-40)
    return list(dict.fromkeys(point_at(space, row.tolist()) for row in (*everywhere, *nearby)))


def _features(space: Space, points: list[Point]) -> Any:
    """Return coordinates from 0 to 1, shape (points, features); a level without order has one."""
    columns = []
    for position, dimension in enumerate(space):
        values = [point[position] for point in points]
        if dimension.ordered:
            columns.append([dimension.share(value) for value in values])
        else:
            levels = range(int(dimension.high) + 1)
            columns += [[float(value == level) for value in values] for level in levels]
    return np.array(columns).T


SAMPLERS: dict[str, Callable[[Space, Scored, int], Iterator[Point]]] = {
    "tpe": tree_structured_parzen,
    "gp": gaussian_process,
}
"""Every sampler that learns from scores, by its name in study files."""
