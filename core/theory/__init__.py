"""What can be computed without training: mean fields, matrix products, chains, random features."""
