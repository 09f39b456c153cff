"""The engine: recipes, streams, layers, training and measures. Arrays in, arrays out."""
