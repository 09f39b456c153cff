"""Exhibits, one module each: computed when asked for, without any training.

Adding one is a module with an ``exhibit()``, its place in ``EXHIBITS``, and an entry of the
catalogue that names it.
"""

from __future__ import annotations

from collections.abc import Callable

from . import activation_atlas, loss_surface
from .exhibit import Exhibit

EXHIBITS: dict[str, Callable[[], Exhibit]] = {
    "activation-atlas": activation_atlas.exhibit,
    "loss-surface": loss_surface.exhibit,
}
"""What each exhibit shows, by name."""
