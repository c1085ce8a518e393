"""Plans as values: read, checked, written, changed; one step to the next."""
