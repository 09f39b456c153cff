"""``paribus trials``."""

from __future__ import annotations

import click

from .arguments import json_option, named_run, results_option, run_argument
from .printing import print_remark, print_result


@click.command()
@run_argument
@results_option
@click.option("--csv", "as_csv", is_flag=True, help="Print every column as CSV.")
@json_option
def command(run: str, results: str, as_csv: bool, as_json: bool) -> None:
    """Print one line per finished trial."""
    opened = named_run(run, results)
    frame = opened.trials
    if as_json:
        print_result(frame.to_json(orient="records", indent=1))
    elif frame.empty and not as_csv:
        print_remark(f"{opened.path} holds no finished trial yet")
    elif as_csv:
        print_result(frame.to_csv(index=False).rstrip())
    else:
        columns = ["trial_id", "arm", "replicate", "status", "validation_loss"]
        if "fold" in frame:
            columns.insert(3, "fold")
        if frame["validation_accuracy"].notna().any():
            columns.append("validation_accuracy")
        print_result(frame[columns].to_string(index=False))
