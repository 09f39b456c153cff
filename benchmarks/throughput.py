"""Speed of the engine beside other implementations, all on one core and in one run.

``make bench`` measures, prints a table and writes ``benchmarks/latest.json``, a list of rows; a
ratio above 1 means that paribus is faster. The unit of the four workloads is the trial-step: one
mini-batch step (forward, backward, update) of one network. ``--quick --only digits-30x3`` is for
development.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import wide_products
from agreement import MOST_DISAGREEMENT, disagreement
from engine import paribus
from paribus.cluster.work.numerics import numerics_fingerprint
from paribus.core.families.optimisers import Optimiser
from paribus.studies.one_thread import one_blas_thread
from peers import Peer, Settings, installed
from reference_study import reference_rows, worker_rows
from turns import Rates, in_turns, stay_on_one_core
from workloads import OPTIMISERS, WORKLOADS, Workload

Row = dict[str, Any]
STACKS = (1, 4, 16, 64)
PARTS = (*(workload.name for workload in WORKLOADS), "wide-products", "reference-study")
LINE = "{:16} {:5} {:38} {:>10} {:>10} {:>7} {:>7}  {}"


def work(
    peer: Peer, workload: Workload, optimiser: Optimiser, settings: Settings
) -> Callable[[], int]:
    """Return what does a call's worth of epochs."""
    return partial(peer.trainer(workload, optimiser, **settings).train, workload.epochs_per_call)


def fastest(peer: Peer, workload: Workload, optimiser: Optimiser, quick: bool) -> Settings:
    """Return the settings with which a peer is fastest on a workload, group by group."""
    chosen: Settings = {}
    for group in peer.choices:
        tried = {i: {**chosen, **settings} for i, settings in enumerate(group)}
        if quick:
            tried = {0: tried[0]}
        if len(tried) > 1:
            workers = {
                str(i): work(peer, workload, optimiser, settings) for i, settings in tried.items()
            }
            rates = in_turns(workers, 3, 0.1)
            chosen = tried[int(max(rates, key=lambda name: rates[name].best))]
        else:
            chosen = tried[0]
    return chosen


def rows_of(workload: Workload, optimiser: Optimiser, peers: list[Peer], quick: bool) -> list[Row]:
    """Measure one workload with one optimiser."""
    runners = {"paribus": work(Peer("paribus", paribus), workload, optimiser, {})}
    forms: dict[str, Settings] = {}
    for peer in peers:
        apart = disagreement(peer, workload, optimiser)
        if apart > MOST_DISAGREEMENT:
            sys.exit(f"{peer.name} does not learn what paribus learns: {apart:.1e} apart")
        forms[peer.name] = fastest(peer, workload, optimiser, quick)
        runners[peer.name] = work(peer, workload, optimiser, forms[peer.name])
    for size in STACKS[: 1 if quick else None]:
        name = f"paribus, stack of {size}"
        runners[name] = work(Peer(name, paribus), workload, optimiser, {"size": size})
    rates = in_turns(runners, 3 if quick else 7, 0.15 if quick else 0.4)
    ours = rates.pop("paribus")
    about = {"workload": workload.name, "optimiser": optimiser.kind}
    return [row(about, peer, ours, theirs, forms.get(peer, {})) for peer, theirs in rates.items()]


def row(about: Row, peer: str, ours: Rates, theirs: Rates, form: Settings) -> Row:
    """Return one comparison as a row of the table."""
    return about | {
        "peer": peer,
        "ratio_best": ours.best / theirs.best,
        "ratio_median": ours.median / theirs.median,
        "per_second": ours.best,
        "per_second_median": ours.median,
        "peer_per_second": theirs.best,
        "peer_per_second_median": theirs.median,
        "peer_cpu_share": theirs.cpu_share,
        "peer_form": ", ".join(str(value) for value in form.values()),
    }


def show(rows: list[Row]) -> None:
    """Print rows of the table."""
    for row in rows:
        print(
            LINE.format(
                row["workload"], row["optimiser"], row["peer"], f"{row['per_second']:,.5g}",
                f"{row['peer_per_second']:,.5g}", f"{row['ratio_best']:.2f}",
                f"{row['ratio_median']:.2f}", row.get("peer_form", ""),
            ),
            flush=True,
        )  # fmt: skip


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, every peer's first form")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure only this part")
    asked = parser.parse_args()
    parts = asked.only or PARTS
    stay_on_one_core()
    peers, absent = installed()
    print(f"{numerics_fingerprint()}; Python {sys.version.split()[0]}; one core, CPU time\n")
    for name, reason in absent.items():
        print(f"left out: {name} ({reason}); install with `pip install -e .[bench]`")
    print(LINE.format("workload", "", "peer", "paribus/s", "peer/s", "best", "median", "form"))
    rows: list[Row] = []

    def add(more: list[Row]) -> None:
        show(more)
        rows.extend(more)

    with one_blas_thread(), np.errstate(all="ignore"):
        for workload in WORKLOADS:
            for optimiser in OPTIMISERS if workload.name in parts else ():
                add(rows_of(workload, optimiser, peers, asked.quick))
        if "wide-products" in parts:
            add(wide_products.rows(3 if asked.quick else 15))
    if "reference-study" in parts:
        for reference in (reference_rows, worker_rows):
            add(reference(set(absent), quick=asked.quick))
    Path(__file__).with_name("latest.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
