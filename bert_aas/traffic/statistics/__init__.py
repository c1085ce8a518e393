"""Statistics of traffic: verdicts that may be read at any time, shares that learn; NumPy alone."""
