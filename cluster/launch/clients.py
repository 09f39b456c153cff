"""Dask clients: a local cluster on this machine, or a scheduler that is already there."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.errors import InputError, ResourceError
from ..work.numerics import ONE_THREAD, environment, versions

if TYPE_CHECKING:
    from distributed import Client


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

    try:
        with environment(ONE_THREAD):
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
            f"the worker processes could not be started ({error}); if this is a script, put the "
            'call under `if __name__ == "__main__":`, since every worker imports the script'
        ) from None
    with cluster, Client(cluster) as client:
        client.register_plugin(IgnoreInterrupts())
        try:
            yield client
        except BaseException:
            for name in ("asyncio", "tornado.application", "distributed"):
                logging.getLogger(name).setLevel(logging.CRITICAL)  # closing in mid-work is loud
            raise


@contextlib.contextmanager
def scheduler_client(address: str) -> Iterator[Client]:
    """Connect to a scheduler that is already running, and refuse workers that differ from here.

    Raises
    ------
    ResourceError
        If nothing answers, there is no worker, or versions differ.
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
        refuse_mismatch(client)
        yield client


def refuse_mismatch(client: Client) -> None:
    """Refuse workers whose numbers could differ from this machine's or from each other's."""
    here = versions()
    found: dict[str, dict[str, Any]] = client.run(versions)
    differences = [
        f"{worker} has {key} {there.get(key)}, this machine {here[key]}"
        for worker, there in found.items()
        for key in here
        if there.get(key) != here[key]
    ]
    if differences:
        raise ResourceError(
            f"the workers differ from this machine, so numbers could differ: {differences[0]}"
        )
