"""The one catalogue of what reports say: messages, plurals, and the language they are in."""
