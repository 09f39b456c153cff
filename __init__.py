"""paribus: studies of many small neural networks, trained side by side with all else equal."""
