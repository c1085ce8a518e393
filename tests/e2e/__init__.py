"""Tests that run the real pipeline in processes of its own."""
