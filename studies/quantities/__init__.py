"""Quantities: what an expectation speaks of, one number for each replicate."""
