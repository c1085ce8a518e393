"""From text to word pieces."""
