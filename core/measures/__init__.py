"""What is measured beside training, never touching its bits."""
