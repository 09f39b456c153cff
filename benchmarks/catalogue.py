"""The catalogue from end to end: the seconds, the headline and the verdicts of every entry.

``python benchmarks/catalogue.py [NAME ...] [--results DIR] [--full]`` runs them by their command,
each in a process of its own, and prints a table in Markdown and the verdicts below it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from paribus.cluster.folder.run import open_run
from paribus.reports.exhibits import EXHIBITS
from paribus.reports.language.numbers import number
from paribus.reports.language.verdicts import judgement_words
from paribus.reports.sections.answer import answer
from paribus.reports.statistics.analysis import Analysis, analyse
from paribus.reports.statistics.frames import results_of
from paribus.studies.catalogue import Entry, entries
from reference_study import timed


class Told(NamedTuple):
    """What one entry took and what it says."""

    name: str
    seconds: float
    trials: int
    kilobytes: float
    headline: str
    verdicts: list[str]


def run_entry(entry: Entry, results: Path, *, full: bool) -> Told:
    """Run one entry by its command and read its page's headline and verdicts."""
    command = [sys.executable, "-m", "paribus", "run", entry.name, "--results", str(results)]
    name = f"{entry.name}-full" if full else entry.name
    _, seconds, _ = timed(command + (["--full"] if full else []))
    size = (results / name / "report.html").stat().st_size / 1024
    if entry.exhibit:
        headline = EXHIBITS[entry.exhibit]().answer.sentence
        return Told(name, seconds, 0, size, headline, [])
    analysis = analyse(results_of(open_run(results / name)))
    said = answer(analysis).sentence
    return Told(name, seconds, analysis.finished, size, said, verdicts(analysis))


def verdicts(analysis: Analysis) -> list[str]:
    """Return a line for each judged claim: its number, the measurement, verdict, wrong recipes."""
    lines = []
    for judgement in analysis.judgements:
        for claim in judgement.claims:
            e, reading = claim.expectation, claim.reading
            numbers = " ".join(map(number, (reading.centre, reading.low, reading.high)))
            rejected = f"{len(judgement.rejected)} of "
            rejected += f"{len(judgement.rejected) + len(judgement.kept)} wrong recipes rejected"
            verdict = judgement_words(judgement.verdict)
            lines.append(f"{e.claim}: {number(e.published)} | {numbers} | {verdict}; {rejected}")
    return lines


def main() -> None:
    """Run what is asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--full", action="store_true")
    asked = parser.parse_args()
    known = entries()
    results = asked.results or Path(tempfile.mkdtemp())
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, results in {results}\n")
    print("| entry | seconds | trials | page, kB | headline |\n|---|---|---|---|---|")
    made = []
    for name in asked.names or known:
        each = run_entry(known[name], results, full=asked.full)
        made.append(each)
        cells = (
            each.name,
            f"{each.seconds:.0f}",
            each.trials,
            f"{each.kilobytes:.0f}",
            each.headline,
        )
        print("|", " | ".join(map(str, cells)), "|", flush=True)
    for each in made:
        for line in each.verdicts:
            print(f"\n- {each.name}: {line}")


if __name__ == "__main__":
    main()
