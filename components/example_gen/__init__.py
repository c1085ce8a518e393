"""ExampleGen of our own: a table of texts and labels becomes split TFRecord files."""
