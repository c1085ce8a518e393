"""The one reader and writer of users' tables."""
