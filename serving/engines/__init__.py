"""Engines other than TensorFlow that run a part of a model, from files that lie beside it."""
