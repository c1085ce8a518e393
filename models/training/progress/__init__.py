"""Progress lines, and the checkpoints that a training goes on from."""
