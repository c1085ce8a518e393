"""Encode rows as `tf.Example` and write them to files."""
