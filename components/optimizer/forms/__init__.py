"""Make the faster forms of a model: which to try, how to convert, how to quantize."""
