"""What to compare: study files, designs, data sets and the catalogue of ready-made studies."""
