"""Count rows by label, and deal them out to splits."""
