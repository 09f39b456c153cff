"""Where studies run: plans, jobs, Dask, the run folder, and resuming."""
