"""Rows made ready for training: cleaned, mapped, without duplicates, balanced; no TensorFlow."""
