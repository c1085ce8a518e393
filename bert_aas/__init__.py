"""What needs neither TFX nor TensorFlow: the floor that the other packages stand on."""
