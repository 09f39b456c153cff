"""What is done to the data of a split before a network is trained on them."""
