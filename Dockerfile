# hubusers with a JupyterHub to try it on: both services of docker-compose.yml run from this one image.
FROM python:3.13-slim

WORKDIR /hubusers
COPY pyproject.toml README.md LICENSE locustfile.py ./
COPY hubusers hubusers
COPY events events
RUN pip install --no-cache-dir '.[hub]'

# Nothing here needs root; the folders are where docker-compose.yml mounts the hub's token, and where runs are recorded.
RUN useradd --create-home hubusers && install --directory --owner hubusers /run/hubusers runs
USER hubusers

CMD ["locust", "--help"]
