"""The encoder's layers, for checkpoints that become TF-Hub encoders."""
