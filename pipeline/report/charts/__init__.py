"""The charts: SVG of plain values, with a text for those who cannot see it."""
