"""The engine that trains: stacks of same-shaped networks, step by step."""
