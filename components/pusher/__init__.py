"""Pusher: a version folder, complete or not at all."""
