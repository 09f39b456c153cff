"""Exhibits, one module each: computed when asked for, without any training.

Adding one is a module with an ``exhibit()``, its place in ``EXHIBITS``, and an entry of the
catalogue that names it.
"""

from __future__ import annotations

from collections.abc import Callable

from . import (
    activation_atlas,
    double_descent,
    equation_123,
    hanin_variance,
    identity_neuron,
    loss_margins,
    loss_surface,
    matrix_products,
    mean_field_theory,
    perceptron_gates,
    slow_down,
    worked_graphs,
)
from .exhibit import Exhibit

EXHIBITS: dict[str, Callable[[], Exhibit]] = {
    "activation-atlas": activation_atlas.exhibit,
    "perceptron-gates": perceptron_gates.exhibit,
    "loss-surface": loss_surface.exhibit,
    "worked-graphs": worked_graphs.exhibit,
    "matrix-products": matrix_products.exhibit,
    "equation-123": equation_123.exhibit,
    "identity-neuron": identity_neuron.exhibit,
    "mean-field-theory": mean_field_theory.exhibit,
    "loss-margins": loss_margins.exhibit,
    "slow-down": slow_down.exhibit,
    "double-descent-features": double_descent.exhibit,
    "hanin-variance": hanin_variance.exhibit,
}
"""What each exhibit shows, by name."""
