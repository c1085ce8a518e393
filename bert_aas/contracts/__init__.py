"""What all packages agree on. Imports nothing of ours."""
