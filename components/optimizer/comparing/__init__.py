"""Run a model and its faster forms over the same rows, and judge whether a form is as good."""
