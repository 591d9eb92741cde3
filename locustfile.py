"""What Locust loads: who comes to the hub, and the parts of a run that surround them."""

from hubusers.run.switch import switch_on
from hubusers.users import ServerLifecycleUser

switch_on()

__all__ = ["ServerLifecycleUser"]
