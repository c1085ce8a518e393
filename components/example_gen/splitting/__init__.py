"""Count rows by label, and divide them among the splits."""
