"""Starting a run: clients, executors, progress and interruption."""
