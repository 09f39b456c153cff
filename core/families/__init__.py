"""The parts of a recipe as families of values: a member is one class, named in a union."""
