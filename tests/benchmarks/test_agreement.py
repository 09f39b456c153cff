"""Every peer of the benchmark learns what the engine learns, so that only speed is compared."""

from __future__ import annotations

import dataclasses

import numpy as np
import peers
import pytest
from agreement import MOST_DISAGREEMENT, disagreement
from engine import paribus
from peers import Peer
from workloads import OPTIMISERS, WORKLOADS, Workload, initial

PEERS, ABSENT = peers.installed()
FORMS = [
    pytest.param(peer, settings, id=" ".join([peer.name, *map(str, settings.values())]))
    for peer in PEERS
    for settings in (peer.choices[0] if peer.choices else ({},))
]


@pytest.mark.parametrize(
    "workload", [WORKLOADS[0], WORKLOADS[1], WORKLOADS[3]], ids=lambda w: w.name
)
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=lambda o: o.kind)
@pytest.mark.parametrize(("peer", "settings"), FORMS)
def test_a_peer_learns_the_same(peer, settings, optimiser, workload):
    assert disagreement(peer, workload, optimiser, settings) < MOST_DISAGREEMENT


def test_another_training_is_noticed():
    workload, (sgd, _) = WORKLOADS[0], OPTIMISERS

    def slower(workload: Workload, optimiser, **settings):
        slow = dataclasses.replace(optimiser, learning_rate=0.9 * optimiser.learning_rate)
        return PEERS[0].trainer(workload, slow, **settings)

    assert disagreement(Peer("slower", slower), workload, sgd) == pytest.approx(0.1, rel=0.2)


def test_the_engine_starts_where_the_peers_start():
    workload = WORKLOADS[0]
    for found, given in zip(
        paribus(workload, OPTIMISERS[1], 3).parameters(), initial(workload, 3), strict=True
    ):
        assert all(map(np.array_equal, found, given))


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(peers, "MODULES", ("plain_numpy", "not_there"))
    found, absent = peers.installed()
    assert [peer.name for peer in found] == ["plain NumPy, one network"]
    assert "not_there" in absent["not_there"]
