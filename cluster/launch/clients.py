"""Dask clients: a local cluster on this machine, or a scheduler that is already there."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...core.errors import InputError, ResourceError
from ...studies.one_thread import ONE_THREAD, environment
from .preflight import refuse_unsuited

if TYPE_CHECKING:
    from distributed import Client

LOUD = ("asyncio", "tornado.application", "distributed")
"""Loggers that tell of a cluster's closing in mid-work, line by line."""


def cores() -> int:
    """Return the physical cores that this process may use."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed or 1))


@contextlib.contextmanager
def local_client(workers: int | None = None) -> Iterator[Client]:
    """Open a cluster of single-threaded processes on this machine, reachable from it alone.

    Raises
    ------
    ResourceError
        If the processes cannot be started.
    """
    from distributed import Client, LocalCluster

    from .worker_plugin import IgnoreInterrupts

    # until the end, since Dask sets these variables here whenever it starts a worker again
    with levels_restored(), environment(ONE_THREAD):
        try:
            cluster = LocalCluster(
                n_workers=workers or cores(),
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,  # what matters is raised and said in a sentence
            )
        except RuntimeError as error:
            raise ResourceError(
                f"the worker processes could not be started ({error}); if this is a script, put "
                'the call under `if __name__ == "__main__":`, since every worker imports the script'
            ) from None
        with cluster, Client(cluster) as client:
            client.register_plugin(IgnoreInterrupts())
            try:
                refuse_unsuited(client)
                yield client
            except BaseException:
                for name in LOUD:
                    logging.getLogger(name).setLevel(logging.CRITICAL)
                raise


@contextlib.contextmanager
def levels_restored() -> Iterator[None]:
    """Give the loggers that a cluster silences, and their handlers, their levels back."""
    loggers = [logging.getLogger(name) for name in LOUD]
    parts: list[logging.Logger | logging.Handler] = [*loggers]
    parts += [handler for logger in loggers for handler in logger.handlers]
    levels = [(part, part.level) for part in parts]
    try:
        yield
    finally:
        for part, level in levels:
            part.setLevel(level)


@contextlib.contextmanager
def scheduler_client(address: str) -> Iterator[Client]:
    """Connect to a scheduler that is already running, and refuse workers that must not train.

    Raises
    ------
    ResourceError
        If nothing answers, there is no worker, or one must not train.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=10)
    except (OSError, TimeoutError) as error:
        raise ResourceError(f"no Dask scheduler answers at {address}: {error}") from None
    except ValueError as error:
        raise InputError(f"--scheduler {address!r} is not an address: {error}") from None
    with client:
        if not client.nthreads():
            raise ResourceError(f"the scheduler at {address} has no workers")
        refuse_unsuited(client)
        yield client
