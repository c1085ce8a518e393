"""Optimizer: a faster form of the model beside the SavedModel, where it is as good."""
