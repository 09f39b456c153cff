"""Frames, effects, pairing and verdicts: numbers without words."""
