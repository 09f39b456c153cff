"""What every worker process does first."""

from __future__ import annotations

import signal

from distributed import Worker, WorkerPlugin


class IgnoreInterrupts(WorkerPlugin):
    """Leaves Ctrl-C to the client: a terminal sends it to every process of the group."""

    name = "paribus-ignore-interrupts"

    def setup(self, worker: Worker) -> None:
        """Run in every worker, also in those that are started later."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
