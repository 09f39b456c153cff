"""A trained network as a value that predicts, and its file."""
