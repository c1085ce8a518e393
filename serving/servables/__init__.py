"""Models that can be asked: SavedModels, text classifiers, their tasks and warm-up."""
