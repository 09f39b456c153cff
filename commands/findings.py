"""``paribus findings``."""

from __future__ import annotations

import click

from .arguments import json_option, named_run, results_option, run_argument
from .printing import print_remark, print_result


@click.command()
@run_argument
@results_option
@json_option
def command(run: str, results: str, as_json: bool) -> None:
    """Diagnose a run: what went wrong in which arm, with the evidence.

    RUN is a results folder or a study's name.
    """
    from ..reports.findings.diagnosis import findings

    opened = named_run(run, results)
    frame = findings(opened)
    if as_json:
        print_result(frame.to_json(orient="records", indent=1, force_ascii=False))
    elif frame.empty:
        print_remark(f"no finding in {opened.path}")
    else:
        for row in frame.to_dict("records"):
            arm = f" [{row['arm']}] {row['replicates']} of {row['of']}" if row["arm"] else ""
            print_result(
                f"{row['severity']}: {row['code']}{arm}: {row['sentence']} {row['trial_id']}"
            )
