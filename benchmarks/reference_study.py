"""The reference study timed end to end, each implementation in fresh processes on one core.

paribus is timed from the command to the finished report. The loops over single networks train one
replicate of ten; what they took beyond starting up is multiplied by ten. JAX is timed twice: cold,
and with every compilation in its persistent cache.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
STUDY = HERE / "reference-study.toml"
REPLICATES, TRAININGS = 10, 480
ABOUT = {"workload": "reference-study", "optimiser": "sgd"}


class Spent(NamedTuple):
    """Wall and CPU seconds, and the mean final validation accuracy of what was trained."""

    seconds: float
    cpu_seconds: float
    accuracy: float


def timed(command: list[str], **settings: str) -> tuple[str, float, float]:
    """Run a command; return its output and the wall and CPU seconds it took, children included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, seconds, cpu


def paribus_run(workers: int, quick: bool) -> Spent:
    """Time the command from its start to the report."""
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "paribus", "run", str(STUDY), "--results", results]
        command += ["--workers", str(workers)] + (["--set", "replicates=1"] if quick else [])
        _, seconds, cpu = timed(command)
        if not (Path(results) / STUDY.stem / "report.html").is_file():
            sys.exit("paribus left no report")
        from paribus.cluster.folder.run import Run

        trials = Run(Path(results) / STUDY.stem).trials
        return Spent(seconds, cpu, float(trials["validation_accuracy"].mean()))


def peer_run(name: str, **settings: str) -> Spent:
    """Time a peer's process; a loop that trained a part of the study is scaled to the whole."""
    output, seconds, cpu = timed(
        [sys.executable, str(HERE / "reference_peers.py"), name], **settings
    )
    inside = json.loads(output)
    more = TRAININGS / inside["trainings"] - 1
    return Spent(
        seconds + more * inside["seconds"], cpu + more * inside["cpu_seconds"], inside["accuracy"]
    )


def compared(peer: str, ours: list[Spent], theirs: list[Spent], **about: Any) -> dict[str, Any]:
    """Return a row: ratios are of wall seconds, as a user waits; ``ratio_cpu`` of CPU seconds."""
    best = [min(spent.seconds for spent in side) for side in (ours, theirs)]
    median = [float(np.median([spent.seconds for spent in side])) for side in (ours, theirs)]
    cpu = [min(spent.cpu_seconds for spent in side) for side in (ours, theirs)]
    return ABOUT | about | {
        "peer": peer, "ratio_best": best[1] / best[0], "ratio_median": median[1] / median[0],
        "ratio_cpu": cpu[1] / cpu[0], "seconds": best[0], "peer_seconds": best[1],
        "cpu_seconds": cpu[0], "peer_cpu_seconds": cpu[1],
        "accuracy": ours[0].accuracy, "peer_accuracy": theirs[0].accuracy,
        "per_second": TRAININGS / best[0], "peer_per_second": TRAININGS / best[1],
    }  # fmt: skip


def reference_rows(absent: set[str], *, quick: bool) -> list[dict[str, Any]]:
    """Compare on one core; ``absent`` names the modules of peers that are not installed."""
    if quick:
        print("reference-study: quick mode runs one replicate and no peers", flush=True)
        ours = paribus_run(1, quick=True)
        print(f"paribus, 48 trainings: {ours.seconds:.1f} s", flush=True)
        return []
    ours = [paribus_run(1, quick=False)]
    theirs = {"scikit-learn in a loop": [peer_run("scikit-learn")]}
    if "pytorch_one" not in absent:
        theirs["PyTorch in a loop"] = [peer_run("pytorch")]
    if "jax_vmap" not in absent:
        with tempfile.TemporaryDirectory() as cache:
            kept = {
                "JAX_COMPILATION_CACHE_DIR": cache,
                "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            }
            theirs["JAX per shape, cold"] = [peer_run("jax", **kept)]
            theirs["JAX per shape, compilations cached"] = [
                peer_run("jax", **kept) for _ in range(2)
            ]
    ours.append(paribus_run(1, quick=False))
    for name, spent in theirs.items():
        if abs(spent[0].accuracy - ours[0].accuracy) > 0.05:  # other draws, one replicate
            sys.exit(f"{name} reaches {spent[0].accuracy:.3f}, paribus {ours[0].accuracy:.3f}")
    return [compared(name, ours, spent) for name, spent in theirs.items()]


def worker_rows(_: set[str], *, quick: bool) -> list[dict[str, Any]]:
    """Compare two workers on two cores with one worker."""
    if quick or not hasattr(os, "sched_setaffinity"):
        return []
    mine = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        if len(os.sched_getaffinity(0)) < 2:
            print("left out: two workers (this machine has one core)")
            return []
        runs = [(paribus_run(1, quick=False), paribus_run(2, quick=False)) for _ in range(2)]
    finally:
        os.sched_setaffinity(0, mine)
    one, two = ([pair[i] for pair in runs] for i in (0, 1))
    return [compared("paribus, one worker (paribus: two)", two, one)]
