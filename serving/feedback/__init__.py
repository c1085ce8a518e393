"""What is said of answers afterwards: whether they were right, and the sums by version."""
