"""Where Locust is hooked: `from hubusers.plugin import switch_on`, in a locustfile of your own."""

from hubusers.plugin.hooks import switch_on

__all__ = ["switch_on"]
