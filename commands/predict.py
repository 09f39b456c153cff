"""``paribus predict``."""

from __future__ import annotations

from pathlib import Path

import click

from .arguments import Location
from .printing import print_result


@click.command()
@click.argument("model", type=Location())
@click.argument("data", type=Location())
@click.option("--probabilities", is_flag=True, help="Add every class's probability.")
@click.option(
    "--out", type=Location(), metavar="FILE", help="Write here; by default to standard output."
)
def command(model: str, data: str, probabilities: bool, out: str | None) -> None:
    """Print as CSV what an exported MODEL predicts for each row of DATA, a CSV or Parquet file."""
    from ..core.models.model_file import load_model
    from ..studies.models.models import predictions
    from ..studies.one_thread import one_blas_thread

    with one_blas_thread():
        frame = predictions(load_model(model), Path(data), probabilities=probabilities)
    text = frame.to_csv(out, index=False)
    if text is not None:
        print_result(text.rstrip())
