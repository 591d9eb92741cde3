"""The smallest locustfile: what Locust alone takes to start and to wait."""

from locust import FastHttpUser, task


class OneRequest(FastHttpUser):
    """Sends one request after the other."""

    @task
    def send(self) -> None:
        self.client.get("/")
