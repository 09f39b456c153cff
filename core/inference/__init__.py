"""Inference: intervals, tests and regions. Arrays in, values out; NumPy and SciPy only."""
