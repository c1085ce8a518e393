"""SageMaker's serving contract over HTTP: `/ping`, `/invocations`, and its runtime's endpoints."""
