from __future__ import annotations

import html

import pytest
from large_report import BUDGET_BYTES, made_up
from paribus.reports.page.report import write_report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_report_of_ten_thousand_trials_is_small_and_says_what_it_leaves_out(tmp_path):
    run = made_up(10_000, tmp_path)
    assert len(run.trials) == 10_000
    page = write_report(run).read_text(encoding="utf-8")
    assert len(page.encode()) <= BUDGET_BYTES
    shown = html.unescape(page)
    assert "The 40 most extreme are drawn." in shown  # of 49 arms against the baseline
    assert "Held fixed: learning rate" in shown
    assert "8,000 further trials are in the Parquet files." in shown
