from __future__ import annotations

import shutil

from command_line import paribus


def test_a_report_is_written_anew(finished, tmp_path):
    folder, _ = finished
    shutil.copytree(folder / "results", tmp_path / "results")
    page = tmp_path / "results/vanishing-gradient/report.html"
    page.unlink()
    done = paribus(tmp_path, "report", "vanishing-gradient")
    assert done == (0, "results/vanishing-gradient/report.html\n", "")
    assert page.is_file()
