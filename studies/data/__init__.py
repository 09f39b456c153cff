"""Data: tasks, how they are divided, and the arrays that a stack is trained on."""
