"""A simulated user's account on the hub."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """The account, and the server in it, that one person uses."""

    username: str
    server_name: str = ""  # "" is the default server
    password: str = field(default="", repr=False)  # for the hub's login form; "" for none
    login: str = ""  # what is typed as the name where that is not the username, such as an e-mail address
    token: str = field(default="", repr=False)  # the person's own, for the hub's API and for the server

    @property
    def key(self) -> str:
        """The name that identifies this person in the run."""
        return self.server_name or self.username
