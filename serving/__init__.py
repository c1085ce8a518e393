"""A model server that speaks TensorFlow Serving's REST and gRPC; it knows nothing of TFX."""
