"""The command line: a module here that defines a ``command`` is the command of its name.

A module imports what is heavy inside its function, so that help and completion stay quick.
"""
