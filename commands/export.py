"""``paribus export``."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.errors import InputError
from .arguments import Location, code_option, named_run, results_option, run_argument
from .printing import print_remark, print_result


@click.command()
@run_argument
@click.argument("trial_id")
@results_option
@click.option(
    "--out", type=Location(), metavar="FILE.npz", help="Write here; by default TRIAL_ID.npz."
)
@code_option
def command(run: str, trial_id: str, results: str, out: str | None, run_code: bool) -> None:
    """Write the network of one trial to a file that `paribus predict` reads.

    A run keeps no weights, so the trial is trained again, alone, which gives the same bits.
    TRIAL_ID may be the start of an id of `paribus trials`.
    """
    from ..cluster.work.export import finished_row

    opened = named_run(run, results)
    row = finished_row(opened, trial_id)
    path = Path(out or f"{row['trial_id']}.npz")
    if not path.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {path.parent}")
    print_remark(f"training {row['trial_id']} ({row['arm']}, replicate {row['replicate']}) again …")
    model = opened.export(row["trial_id"], run_code=run_code)
    model.save(path)
    if names := ", ".join(model.about["unrecorded"]):
        print_remark(
            f"note: {names} could not be compared: the trial was made before that was recorded"
        )
    for text in model.about["functions"]:
        function = model.about["recipe"]["activation"]["path"]
        print_remark(f"note: to predict, put {text} back as the file of {function}")
    print_result(str(path))
