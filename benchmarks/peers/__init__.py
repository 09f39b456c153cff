"""Other implementations of the same training, each at its best.

A peer's ``trainer(workload, optimiser, **settings)`` trains one network or a stack of them.
``choices`` holds groups of settings; the benchmark tries each group's members in turn and keeps
the fastest before it goes on to the next group, so that a peer is judged in its best form.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from workloads import Trainer

Settings = Mapping[str, object]
MODULES = ("plain_numpy", "scikit_learn", "pytorch_one", "pytorch_stacked", "jax_vmap")


class Peer(NamedTuple):
    """An implementation, by the name it has in the tables."""

    name: str
    trainer: Callable[..., Trainer]
    choices: tuple[tuple[Settings, ...], ...] = ()


def installed() -> tuple[list[Peer], dict[str, str]]:
    """Return the peers that can be imported, and why the others cannot."""
    peers, absent = [], {}
    for name in MODULES:
        try:
            peers.append(importlib.import_module(f"peers.{name}").PEER)
        except ImportError as error:
            absent[name] = str(error)
    return peers, absent
