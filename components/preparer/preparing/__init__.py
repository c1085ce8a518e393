"""The first pass: each row by the rules that need no other row, and what others must know of it."""
