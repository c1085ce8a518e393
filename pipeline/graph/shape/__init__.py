"""What a graph looks like to those who do not run it: orchestrators, drawings, forms for a run."""
