"""How a REST request is admitted, read, and waited for."""
