"""The time and the size of a large report: ``python benchmarks/large_report.py [TRIALS]``.

The run is made up: its engine takes no step, so that every trial keeps the scores of its initial
weights. What is measured is the report alone, from the folder to the file.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from paribus.cluster.folder.run import Run, open_run
from paribus.cluster.launch.running import run_study
from paribus.core.engine.training import Training
from paribus.reports.page.report import write_report
from paribus.studies.files.study_files import study_from

ARMS = 50
BUDGET_SECONDS, BUDGET_BYTES = 10.0, 5_000_000
STUDY = {
    "question": "How large is a large report?",
    "metric": "validation_accuracy",
    "margin": 0.01,
    "recipe": {
        "task": {"kind": "blobs", "examples": 60},
        "hidden": [8, 8],
        "initialiser": "he",
        "batch_size": 10,
        "epochs": 30,
        "split": {"kind": "random", "validation": 0.25, "test": 0.25},
    },
    "grid": {
        "activation": ["sigmoid", "tanh", "relu", "elu", "gelu"],
        "optimiser.learning_rate": [0.001 * 2**k for k in range(10)],
    },
}


def no_step(training: Training, until: int) -> None:
    """Reach a step of the epoch without taking any."""
    training.step = until


def made_up(trials: int, folder: Path) -> Run:
    """Return a finished run of so many trials that took no step."""
    study = study_from({**STUDY, "replicates": trials // ARMS}, "large")
    with mock.patch.object(Training, "_train_steps", no_step):
        return run_study(study, folder, workers=0)


def main(trials: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = made_up(trials, Path(folder)).path
        write_report(open_run(path))  # which loads the libraries and fills the cache
        started = time.perf_counter()
        report = write_report(open_run(path))
        seconds, size = time.perf_counter() - started, report.stat().st_size
    print(f"{trials:,} trials: {seconds:.1f} s, {size / 1e6:.2f} MB")
    return int(seconds > BUDGET_SECONDS or size > BUDGET_BYTES)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
