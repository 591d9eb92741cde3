"""What a run measured: in memory while it lasts, and in its folder afterwards."""
