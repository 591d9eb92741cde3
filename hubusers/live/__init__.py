"""What a run shows and writes while it lasts: the watch of the hub, the page Hub, the run's folder."""
