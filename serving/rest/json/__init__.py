"""JSON as RapidJSON and TensorFlow Serving read and write it: no HTTP, no models."""
