"""How the tests run each command of the tutorial, of the how-to guides and of the README, page by page, in their order.

A command that is neither run nor listed here with the reason fails `tests/test_documented_commands.py`, and so does one
that is not in its page any more. What is shortened says so: `instead` has the words that are replaced, such as the
number of people.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Run:
    """Run it, in the folder of its page, until it ends.

    Attributes:
        instead: Words of the command, and what stands in their place here.
        exit_code: What it ends with.
        says: What its output has.
        as_shown: Whether its output has all lines that the page shows, but for numbers, names and times.
        except_for: Ends of lines that a busy machine may not say.
    """

    instead: dict[str, str] = field(default_factory=dict)
    exit_code: int = 0
    says: tuple[str, ...] = ()
    as_shown: bool = False
    except_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hub:
    """Start it, in place of the hub before, and let it run: what it prints says where the hub is."""

    instead: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Elsewhere:
    """This test runs it, or what it does."""

    test: str


@dataclass(frozen=True)
class NotRun:
    """It cannot be run here."""

    reason: str


How = Run | Hub | Elsewhere | NotRun


@dataclass(frozen=True)
class Page:
    """The commands of a page.

    Attributes:
        commands: Each command, and how it is run.
        event: What is shortened in the event that the page has, or else in the one of the tutorial.
        thorough: Whether its commands run with `--thorough` only, as one more whole run of a kind.
    """

    commands: tuple[tuple[str, How], ...]
    event: dict[str, str] = field(default_factory=dict)
    thorough: bool = False


_NETWORK = NotRun("needs the network; tests/test_distribution.py installs the wheel")
_ENVIRONMENT = NotRun("the tests have an environment already")
_PASTED = NotRun("what the hub printed is in the environment")
_CLUSTER = NotRun("needs a cluster; tests/deploy/test_kubernetes_page.py has its parts")
_KUBE_RUN = Elsewhere("tests/kube")
_DOCKER = NotRun("needs Docker; tests/deploy/test_image.py has its parts")
_ANOTHER_TERMINAL = NotRun("needs another machine, or another terminal")

_SMALL = {
    "people = 60": "people = 8",
    'over = "30s"': 'over = "2s"',
    'stay = "20s"': 'stay = "1s"',
    'at_most = "6s"': 'at_most = "50s"',  # however slow this machine is
}
_FAST_HUB = {"--port 8000 ": "", "1-2": "0.5-1"}
_FIRST_RUN = {"-u 20 -r 2 -t 1m": "-u 4 -r 4 -t 10s"}
_CALM = ("nobody had to wait too long.",)

PAGES = {
    "README.md": Page(
        thorough=True,
        commands=(
            ("git clone https://github.com/hubusers/hubusers && cd hubusers", _NETWORK),
            ("make demo", _NETWORK),
            ("make test", NotRun("it would run itself")),
            ('uvx --from "hubusers[hub,report]" hubusers demo', _NETWORK),
            ('pipx install "hubusers[hub,report]" && hubusers demo', _NETWORK),
            ('pip install "hubusers[hub,report]" && hubusers demo', _NETWORK),
            ("source .venv/bin/activate", _ENVIRONMENT),
            ("export JUPYTERHUB_ENDPOINT=https://hub.example.org JUPYTERHUB_API_TOKEN=...", _ENVIRONMENT),
            ("hubusers check", Elsewhere("tests/cli/test_check.py")),
            ("hubusers run --event class.toml --dry-run", Run(says=("Class at nine",))),
            ("hubusers run --event class.toml", Elsewhere("tests/plugin/test_event_runs.py")),
            ("hubusers run --web", Elsewhere("tests/chromium/test_start_form.py")),
            ("hubusers run -u 300 -r 10 -t 5m", Elsewhere("tests/cli/test_run.py")),
        ),
    ),
    "docs/tutorial/index.md": Page(
        event=_SMALL,
        commands=(
            ("mkdir rehearsal && cd rehearsal", Run()),
            ("python3 -m venv .venv && source .venv/bin/activate", _ENVIRONMENT),
            ('pip install "hubusers[hub,report]"', _NETWORK),
            ("hubusers hub --port 8000 --spawn-seconds 1-2 --stop-seconds 0", Hub(_FAST_HUB)),
            ("source .venv/bin/activate", _ENVIRONMENT),
            ("export JUPYTERHUB_ENDPOINT=http://127.0.0.1:8000/hub/api", _PASTED),
            ("export JUPYTERHUB_API_TOKEN=058368fd5f72…", _PASTED),
            ("hubusers check", Run(as_shown=True)),
            ("hubusers run -u 20 -r 2 -t 1m", Run(_FIRST_RUN, as_shown=True, except_for=_CALM)),
            ("hubusers run --event class.toml --dry-run", Run(says=("A class of 60", "p95 at most 50 s"))),
            ("hubusers run --web --event class.toml", Elsewhere("tests/chromium/test_real_run.py")),
            ("hubusers incidents slow-server", Run(as_shown=True)),
            ("hubusers hub --port 8000 --incident slow-server", Hub({"--port 8000 ": ""})),
            ("export JUPYTERHUB_API_TOKEN=e46cc36b9f0e…", _PASTED),
            (
                "hubusers run --event class.toml",
                # Every fourth server fails. No first one is tried, because on a slow machine it may fail as well.
                Run(
                    {"class.toml": "class.toml --stop-after-failed-spawns 0"},
                    exit_code=1,
                    says=("It does not hold", "the server was started, but did not answer"),
                ),
            ),
            ("hubusers hub --port 8000 --spawn-seconds 1-2 --stop-seconds 0", Hub(_FAST_HUB)),
            ("export JUPYTERHUB_API_TOKEN=4e9caa7c2d0f…", _PASTED),
            (
                "hubusers run --event class.toml",
                # So few people come that none may wait longer, which the headline then does not say.
                Run(
                    as_shown=True,
                    says=("It holds: both targets were held, with ", " starts failed (at most 1 % may)."),
                    except_for=(*_CALM, "none of the 60 starts failed (at most 1 % may)."),
                ),
            ),
            ("ls runs", Run()),
            (
                "hubusers compare runs/2026-11-26-225255Z-j3u1xg runs/2026-11-26-225422Z-qd6dmh",
                # So few people that no difference can be told from chance.
                Run(
                    {
                        "runs/2026-11-26-225255Z-j3u1xg": "$(ls -d runs/* | sed -n 2p)",
                        "runs/2026-11-26-225422Z-qd6dmh": "$(ls -d runs/* | sed -n 3p)",
                    },
                    exit_code=4,
                    says=("start to ready p50", "verdict"),
                ),
            ),
            ("hubusers purge", Run(as_shown=True)),
        ),
    ),
    "docs/how-to/your-hub.md": Page(
        thorough=True,
        commands=(
            ("export JUPYTERHUB_ENDPOINT=https://hub.example.org JUPYTERHUB_API_TOKEN=...", _ENVIRONMENT),
            ("hubusers check", Run(says=("This hub can be tested.",))),
            ("hubusers run -u 10 -r 1 -t 2m", Run({"-u 10 -r 1 -t 2m": "-u 2 -r 2 -t 15s"}, says=("0 left",))),
        ),
    ),
    "docs/how-to/tonight.md": Page(
        event={"people = 300": "people = 4", '"5m", spread = "2m"': '"2s", spread = "1s"', '"15m"': '"8s"'},
        thorough=True,
        commands=(
            ("hubusers run --event class.toml --dry-run", Run(says=("Class at nine",))),
            ("hubusers run --event class.toml", Run(says=("It holds: both targets were held",))),
        ),
    ),
    "docs/how-to/upgrade.md": Page(
        event=_SMALL,
        thorough=True,
        commands=(
            ("hubusers run --event class.toml --runs-folder before", Run(says=("It holds",))),
            ("hubusers check", Run(says=("This hub can be tested.",))),
            ("hubusers run --event class.toml --runs-folder after", Run(says=("It holds",))),
            # So few people that there is no answer.
            ("hubusers compare before/* after/* --html comparison.html", Run(exit_code=4)),
        ),
    ),
    "docs/how-to/find-the-limit.md": Page(
        thorough=True,
        commands=(
            ("hubusers run --event how-far --dry-run", Run(says=("How far", "1560 climbers"))),
            ("hubusers run --event how-far", Elsewhere("tests/plugin/test_event_runs.py")),
        ),
    ),
    "docs/how-to/read-the-answer.md": Page(
        commands=(("hubusers report RUN", Elsewhere("tests/test_cli.py")),),
    ),
    "docs/how-to/ci.md": Page(
        event=_SMALL,
        thorough=True,
        commands=(
            ("hubusers check", Run(says=("This hub can be tested.",))),
            ("hubusers run --event class.toml --runs-folder runs", Run(says=("It holds",))),
            ("hubusers compare before/* runs/*", Elsewhere("tests/test_cli.py")),
        ),
    ),
    "docs/how-to/running.md": Page(
        thorough=True,
        commands=(
            ("hubusers run -u 300 -r 10 -t 5m", Run({"-u 300 -r 10 -t 5m": "-u 2 -r 2 -t 15s"}, says=("0 left",))),
            (
                "hubusers run -u 300 -r 10 -t 5m --processes 2",
                Run({"-u 300 -r 10 -t 5m": "-u 2 -r 2 -t 15s --master-bind-port {port} --master-port {port}"}),
            ),
            ("hubusers run --event class-at-nine", Elsewhere("tests/plugin/test_event_runs.py")),
            ("hubusers run NotebookUser -u 30 -r 3 -t 5m", Elsewhere("tests/users/test_notebook_user.py")),
            ("hubusers run --web", Elsewhere("tests/chromium/test_start_form.py")),
            ("locust", Elsewhere("tests/chromium/test_real_run.py")),
            ("locust --headless -u 1000 -r 100 -t 2m", Elsewhere("tests/users/test_server_lifecycle_user.py")),
            ("locust --headless --event class-at-nine", Elsewhere("tests/plugin/test_event_runs.py")),
            (
                "hubusers run --event exam --master --master-bind-host 0.0.0.0 --expect-workers 2",
                Elsewhere("tests/plugin/test_workers.py"),
            ),
            ("hubusers run --worker --master-host NAME", Elsewhere("tests/plugin/test_workers.py")),
            ("docker-compose up --build --scale worker=2", _DOCKER),
            ("docker-compose cp master:/hubusers/runs .", _DOCKER),
        ),
    ),
    "docs/how-to/kubernetes.md": Page(
        commands=(
            ("git clone https://github.com/hubusers/hubusers && cd hubusers", _NETWORK),
            ('pip install ".[kube]"', _NETWORK),
            (
                "docker build -t registry.example.org/hubusers:class "
                "--build-arg VERSION=\"$(hubusers --version | cut -d ' ' -f 3)\" .",
                _DOCKER,
            ),
            ("docker push registry.example.org/hubusers:class", _DOCKER),
            (
                "helm upgrade jupyterhub jupyterhub --repo https://hub.jupyter.org/helm-chart --version 4.2.0 -n jhub "
                "--values hub.yaml",
                _NETWORK,
            ),
            ("hubusers kube run --event class.toml -n jhub --values cluster.yaml", _KUBE_RUN),
            ("kubectl get nodes --watch", _CLUSTER),
            ("kubectl -n jhub get events --watch --field-selector reason=FailedScheduling", _CLUSTER),
            ("kubectl -n jhub get events --watch --field-selector reason=TriggeredScaleUp", _CLUSTER),
            (
                "kubectl -n jhub create role hubusers-watch --verb=get,list,watch --resource=pods,events",
                _CLUSTER,
            ),
            (
                "kubectl -n jhub create rolebinding hubusers-watch --role=hubusers-watch --user=ann@example.org",
                _CLUSTER,
            ),
            ("kubectl create clusterrole hubusers-watch-nodes --verb=get,list,watch --resource=nodes", _CLUSTER),
            (
                "kubectl create clusterrolebinding hubusers-watch-nodes --clusterrole=hubusers-watch-nodes "
                "--user=ann@example.org",
                _CLUSTER,
            ),
            ("hubusers kube purge -n jhub --values cluster.yaml --run k3x9", _KUBE_RUN),
            ("kubectl -n jhub port-forward service/hub 8081", _CLUSTER),
            ("export JUPYTERHUB_ENDPOINT=http://127.0.0.1:8081", _CLUSTER),
            (
                "export JUPYTERHUB_API_TOKEN=$(kubectl -n jhub get secret hub -o "
                "'go-template={{index .data \"hub.services.hubusers.apiToken\" | base64decode}}')",
                _CLUSTER,
            ),
            ("hubusers purge --accounts accounts.csv", Elsewhere("tests/test_cli.py")),
            (
                "helm install class deploy/chart -n jhub --values cluster.yaml --set-file event=class.toml "
                "--set people=300",
                Elsewhere("tests/deploy"),
            ),
            ("kubectl -n jhub create configmap lesson --from-file=lesson/", _CLUSTER),
            ("kubectl -n jhub create secret generic people --from-file=accounts.csv", _CLUSTER),
            ("kubectl -n jhub create configmap our-ca --from-file=ca.crt", _CLUSTER),
            ("kubectl -n jhub apply -f deploy/manifests/first-try.yaml", _CLUSTER),
            ("kubectl -n jhub logs --follow job/hubusers --container hubusers", _CLUSTER),
            (
                "POD=$(kubectl -n jhub get pods -o name -l "
                "app.kubernetes.io/name=hubusers,app.kubernetes.io/component=run)",
                _CLUSTER,
            ),
            ("kubectl -n jhub cp --container results ${POD#pod/}:/hubusers/runs runs", _CLUSTER),
            (
                "kubectl -n jhub get $POD -o "
                "jsonpath='{.status.containerStatuses[?(@.name==\"hubusers\")].state.terminated.exitCode}'",
                _CLUSTER,
            ),
            ("kubectl -n jhub delete -f deploy/manifests/first-try.yaml", _CLUSTER),
            ("kubectl -n jhub exec $POD --container results -- touch /hubusers/runs/.fetched", _CLUSTER),
            ("kubectl -n jhub create configmap class --from-file=class.toml", _CLUSTER),
            ("kubectl -n jhub apply -f deploy/locust-operator/rehearsal.yaml", _CLUSTER),
        ),
    ),
    "docs/how-to/hpc.md": Page(
        commands=(
            ("hubusers check", Elsewhere("tests/cli/test_check.py")),
            ("hubusers check --accounts accounts.csv", Elsewhere("tests/cli/test_check.py")),
            (
                "hubusers run --accounts accounts.csv -u 30 -r 1 -t 10m --server-timeout 15m",
                NotRun("needs a hub with accounts of its machine; `make matrix` has such hubs"),
            ),
        ),
    ),
    "docs/how-to/people.md": Page(
        commands=(
            ("hubusers run NotebookUser -u 30 -r 3 -t 5m", Elsewhere("tests/users/test_notebook_user.py")),
            (
                "hubusers run ActivityUser -u 3000 -r 300 -t 10m --activity-interval 300",
                Elsewhere("tests/users/test_activity_user.py"),
            ),
            ("hubusers hub --servers lab", Elsewhere("tests/local")),
            (
                "hubusers run NotebookUser -u 10 -r 1 -t 3m --notebooks my-course/ --leave log-out=70%,walk-away=30%",
                Elsewhere("tests/users/test_notebook_user.py"),
            ),
            ("hubusers run PageUser -u 30 --start-page /rstudio", Elsewhere("tests/users/test_page_user.py")),
            (
                "hubusers run NotebookUser -u 30 --start-page /lab/tree/course/lesson.ipynb",
                Elsewhere("tests/users/test_notebook_user.py"),
            ),
        ),
    ),
    "docs/how-to/single-sign-on.md": Page(
        commands=(
            (
                "hubusers check --accounts people.csv --identity-provider https://sso.example.org",
                NotRun("needs an identity provider; `make matrix` has some"),
            ),
            (
                "hubusers run NotebookUser -u 30 -r 1 -t 10m --accounts people.csv "
                "--identity-provider https://sso.example.org",
                NotRun("needs an identity provider; `make matrix` has some"),
            ),
        ),
    ),
    "docs/how-to/come-with-a-link.md": Page(
        commands=(
            (
                "hubusers run NotebookUser -u 30 --git-pull https://example.org/course.git",
                NotRun("needs servers with nbgitpuller; `make matrix` has some"),
            ),
            (
                "hubusers run NotebookUser -u 30 --git-pull 'https://hub.example.org/hub/user-redirect/git-pull?"
                "repo=https://example.org/course.git&branch=main&urlpath=lab/tree/course/lesson.ipynb'",
                NotRun("needs servers with nbgitpuller; `make matrix` has some"),
            ),
        ),
    ),
    "docs/how-to/lti.md": Page(
        thorough=True,
        commands=(
            ("hubusers lti lms.toml", Run(says=("lti13",))),
            ("hubusers lti lms.toml --version 1.1 --lms canvas", Elsewhere("tests/cli")),
            ("hubusers check --lti lms.toml", NotRun("needs a hub with LTI; `make matrix` has some")),
            ("hubusers run NotebookUser -u 30 --lti lms.toml", NotRun("needs a hub with LTI; `make matrix` has some")),
            (
                "hubusers run NotebookUser -u 30 --lti lms.toml --git-pull https://example.org/course.git",
                NotRun("needs a hub with LTI; `make matrix` has some"),
            ),
        ),
    ),
    "docs/how-to/local-hub.md": Page(
        thorough=True,
        commands=(
            (
                "hubusers hub --spawn-seconds 2-5 --stop-seconds 0-1 --spawn-failure-share 0.05 "
                "--concurrent-spawn-limit 50",
                Hub(),
            ),
            ("hubusers hub --servers lab", Hub()),
            ("hubusers incidents", Run(says=("slow-image: ",))),
            ("hubusers incidents slow-image", Run(says=("(slow-image)",))),
            ("hubusers hub --incident slow-image", Hub()),
            ("source .venv/bin/activate", _ENVIRONMENT),
            ("hubusers hub --incident nodes-then-limit --concurrent-spawn-limit 20", Hub()),
        ),
    ),
    "docs/how-to/telemetry.md": Page(
        commands=(
            ("pip install 'hubusers[otel]'", _NETWORK),
            ("export OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example.org:4317", _ENVIRONMENT),
            ("hubusers run --event class.toml --otel", Elsewhere("tests/plugin/test_open_telemetry.py")),
            ("export OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.monitoring:4317", _CLUSTER),
            ("hubusers kube run --event class.toml -n jhub --values cluster.yaml --otel", _KUBE_RUN),
            ("hubusers run --event class.toml --metrics 9646", Elsewhere("tests/telemetry/test_prometheus.py")),
            ("hubusers run --web --metrics 8089", Elsewhere("tests/telemetry/test_prometheus.py")),
            ("hubusers kube run --event class.toml -n jhub --values cluster.yaml --metrics 0.0.0.0:9646", _KUBE_RUN),
            (
                "export HUBUSERS_GRAFANA_URL=https://grafana.example.org HUBUSERS_GRAFANA_TOKEN=...",
                NotRun("needs Grafana; tests/telemetry has one that is made up"),
            ),
            ("hubusers check", Elsewhere("tests/telemetry")),
            ("hubusers run --event class.toml", Elsewhere("tests/telemetry")),
        ),
    ),
    "docs/how-to/clean-up.md": Page(
        thorough=True,
        commands=(
            ("hubusers purge", Run(says=("Nothing to remove.",))),
            ("hubusers purge --run k3x9", Run(says=("Nothing to remove",))),
            ("hubusers purge --named-servers", Elsewhere("tests/test_cli.py")),
            ("hubusers purge --accounts FILE", Elsewhere("tests/test_cli.py")),
        ),
    ),
    "docs/how-to/security.md": Page(
        commands=(("ssh -L 8089:127.0.0.1:8089 HOST", _ANOTHER_TERMINAL),),
    ),
}
