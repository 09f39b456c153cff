"""What a worker does: train a job's stacks and commit them."""
