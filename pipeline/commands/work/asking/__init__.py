"""What `predict` and `explain` do."""
