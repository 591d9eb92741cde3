# hubusers, with a JupyterHub to test: all services of docker-compose.yml run from this image.
FROM python:3.13-slim

WORKDIR /hubusers
COPY requirements/demo.txt requirements/
RUN pip install --no-cache-dir --no-deps -r requirements/demo.txt
COPY pyproject.toml README.md LICENSE locustfile.py ./
COPY hubusers hubusers
COPY events events
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

# Nothing here needs root. In the two folders are the hub's token (mounted by docker-compose.yml) and the results of runs.
RUN useradd --create-home hubusers && install --directory --owner hubusers /run/hubusers runs
USER hubusers

CMD ["hubusers", "run", "--help"]
