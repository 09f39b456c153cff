"""What was learnt: derived frames, paired effects, verdicts, charts and the HTML page."""
