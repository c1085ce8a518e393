"""InfraValidator: the model in a real server process."""
