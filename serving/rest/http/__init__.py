"""HTTP connections: what clients may hold, and what they may leave out."""
