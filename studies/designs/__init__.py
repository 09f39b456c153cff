"""Designs: which recipes a study compares."""
