"""The one reader and writer of the tables that users bring and take away."""
