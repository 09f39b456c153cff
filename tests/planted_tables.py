"""Runs whose tables are planted: an analysis that reads tables given by a test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from paribus.reports.statistics.analysis import Analysis


class Planted:
    """A run with some tables that a test has written; the others are the run's."""

    def __init__(self, run: Any, tables: dict[str, pd.DataFrame]) -> None:
        self._run, self._planted = run, tables
        self.tables = {**run.tables, **dict.fromkeys(tables)}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self._planted[name] if name in self._planted else self._run.frame(name)


def with_tables(analysis: Analysis, **tables: pd.DataFrame) -> Analysis:
    """Return an analysis of the same results with these tables beside the others."""
    results = analysis.results
    return replace(analysis, results=replace(results, run=Planted(results.run, tables)))


def each_trial(analysis: Analysis, rows: Any) -> pd.DataFrame:
    """Return the rows ``rows(arm, replicate)`` of every trial, a list of dicts, as one table."""
    trials = analysis.results.trainings
    return pd.DataFrame(
        [
            {"trial_id": trial, **row}
            for trial, arm, replicate in zip(
                trials["trial_id"], trials["arm"], trials["replicate"], strict=True
            )
            for row in rows(arm, replicate)
        ]
    )
