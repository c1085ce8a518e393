"""What people use instead; runs in `.venv-bench` (`make setup-bench`), without TensorFlow."""
