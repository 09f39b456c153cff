"""What is trained together, in which jobs, and what that costs."""
