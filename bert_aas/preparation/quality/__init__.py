"""What a table of texts and labels is like before anything is done to it, and what to do."""
