"""The documented functions for scripts and notebooks, as `hubusers` exports them: they log, and return booleans."""
