"""What replicates that divide one sample tell of other samples."""

from __future__ import annotations


def correction(n: int, evaluated: int, trained: int) -> float:
    """Return 1 + n · evaluated / trained: how much wider means vary over new data.

    Replicates that divide one data set anew share most of their examples; their variance tells
    nothing of another data set. Source: Nadeau & Bengio 2003, Machine Learning 52.

    Parameters
    ----------
    n
        The number of replicates.
    evaluated, trained
        The numbers of examples that a replicate is scored and trained on.
    """
    return 1.0 + n * evaluated / trained
