"""The engine: recipes, streams, layers, training and probes. Arrays in, arrays out."""
