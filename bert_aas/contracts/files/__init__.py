"""Files and locations: how they are named, opened, written whole, and refused in one sentence."""
