"""Our own ExampleGen: a table of texts and labels becomes split TFRecord files."""
