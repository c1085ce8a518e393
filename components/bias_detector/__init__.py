"""BiasDetector: how far groups of rows differ in their labels, and the run that stops on it."""
