"""Which workers may train: those whose numbers are this machine's, one job at a time.

A client asks every worker before it gives out jobs, and every job asks its worker again, since
workers may join later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.errors import ResourceError
from ...studies.one_thread import one_blas_thread
from ..work.numerics import versions

if TYPE_CHECKING:
    from distributed import Client, Worker


def unsuited(expected: dict[str, str], dask_worker: Worker) -> str:
    """Say why a worker must not train for a client of these versions; empty if it may.

    Runs in the worker. Several threads of one process would train with the same bits, but slower
    than one after the other, and die together.
    """
    here = versions()
    for name, value in expected.items():
        if here.get(name) != value:
            there = here.get(name)
            return f"has {name} {there}, this machine {value}, so numbers could differ"
    threads = dask_worker.state.nthreads
    if threads != 1:
        return (
            f"has {threads} threads; small networks train faster in processes of one thread each: "
            f"start it with --nthreads 1, and --nworkers {threads} for as many processes"
        )
    try:
        with one_blas_thread():
            return ""
    except ResourceError as error:
        return str(error)


def refuse_unsuited(client: Client) -> None:
    """Refuse a cluster with a worker that must not train.

    Raises
    ------
    ResourceError
        If a worker has other versions than this machine, several threads, or a BLAS library that
        keeps several, or cannot be asked.
    """
    answers = client.run(unsuited, versions(), on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, Exception):
            raise ResourceError(f"worker {worker} cannot run this paribus: {answer}")
        if answer:
            raise ResourceError(f"worker {worker} {answer}")
