"""ExampleValidator: anomalies, and the run that stops on them."""
