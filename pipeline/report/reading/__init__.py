"""What sections are read from."""
