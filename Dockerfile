# hubusers, with a JupyterHub to test: in a cluster, and for all services of docker-compose.yml.
#
#     docker build -t registry.example.org/hubusers:0.1.0 --build-arg VERSION=0.1.0 .
#     docker run --rm -e JUPYTERHUB_ENDPOINT -e JUPYTERHUB_API_TOKEN registry.example.org/hubusers:0.1.0 \
#         --headless --users 30 --run-time 2m
#
# Its command is locust, because operators of Locust give arguments only. For others: --entrypoint hubusers.

# Any image with Python 3.11 or newer, its module venv, sh and tar.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
RUN python3 -m venv /opt/hubusers
WORKDIR /build
COPY requirements/image.txt requirements/
RUN /opt/hubusers/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md LICENSE locustfile.py ./
COPY hubusers hubusers
COPY events events
# What --version and the reports say: git's tags, which would tell it, are not here.
ARG VERSION=
RUN SETUPTOOLS_SCM_PRETEND_VERSION=${VERSION} \
    /opt/hubusers/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
# What only built it, and the tests of other people's packages.
RUN /opt/hubusers/bin/pip uninstall --yes hatchling hatch-vcs hatch-fancy-pypi-readme setuptools-scm vcs-versioning \
        trove-classifiers editables pathspec setuptools pip && \
    find /opt/hubusers -type d -name tests -prune -exec rm -r {} + && \
    touch /opt/hubusers/image-of-hubusers

FROM ${BASE}
# The folder in which hubusers hub leaves its token (mounted by docker-compose.yml), and that of the runs' results. The
# user is a number, so that a cluster can see that it is not root. Any other user will do, in group 0 as on OpenShift.
RUN useradd --uid 1000 --no-create-home --home-dir /tmp hubusers && \
    install --directory --owner 1000 --group 0 --mode 775 /hubusers /hubusers/runs /run/hubusers
COPY --from=build /opt/hubusers /opt/hubusers
COPY locustfile.py /hubusers/
COPY hubusers/kube/keep_results.sh /usr/local/bin/keep-results
# /tmp and the folder of results are all that must be writable.
ENV PATH=/opt/hubusers/bin:$PATH HOME=/tmp LOCUST_LOCUSTFILE=/hubusers/locustfile.py
WORKDIR /hubusers
USER 1000
ENTRYPOINT ["locust"]
CMD ["--help"]
