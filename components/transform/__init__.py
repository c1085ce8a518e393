"""Transform: TFX's graph, applied file by file."""
