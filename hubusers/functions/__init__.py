"""The functions for scripts and notebooks that `hubusers` exports: they log what happens, and return booleans."""
