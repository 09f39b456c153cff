"""The run folder: plans, tables and checkpoints, right at any moment."""
