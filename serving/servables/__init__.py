"""Loaded models: SavedModels, text classifiers, their tasks and warm-up."""
