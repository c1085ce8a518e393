"""What is done to a text: the steps of cleaning, and marks in place of personal data."""
