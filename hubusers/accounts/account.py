"""One account of the hub, as a simulated user has it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """Who a person is to the hub, and which server is theirs."""

    username: str
    server_name: str = ""  # "" is the default server
    password: str = field(default="", repr=False)  # for the hub's login form; "" where there is none
    token: str = field(default="", repr=False)  # the person's own, to the hub's API and to the server

    @property
    def key(self) -> str:
        """The name that is this person's alone in the run."""
        return self.server_name or self.username
