"""How classes begin: by a launch from a course in Moodle or Canvas, and by a link that brings the course's files."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from click.testing import CliRunner

from hubusers.browser.lti_platform import read_platform
from hubusers.cli import main
from hubusers.cli.lti_lines import KEYS_PORT, config_lines
from hubusers.lab import notebooks
from hubusers.local.ports import LOOPBACK, free_port
from tests.matrix.case import Part, Site, browser_case
from tests.matrix.processes import listens, ran, running, version_of
from tests.matrix.web_servers import nginx

_LTI_PACKAGE = "jupyterhub-ltiauthenticator"
_AS_AN_LMS = "exec(lti_lines)\n"
_PULLS = ("jupyterlab", "nbgitpuller")

_GIT = ("git", "-c", "user.name=teacher", "-c", "user.email=teacher@example.org", "-c", "init.defaultBranch=main")


@contextmanager
def _lms(site: Site, *, version: str, lms: str) -> Iterator[Mapping[str, object]]:
    file = site.folder / "lti.toml"
    made = CliRunner().invoke(main, ["lti", str(file), "--version", version, "--lms", lms])
    if made.exit_code:
        raise RuntimeError(made.output)
    lines = config_lines(read_platform(str(file))).replace(str(KEYS_PORT), str(free_port()))
    yield {"lti_lines": lines, "HUBUSERS_LTI": str(file)}


def _as_lms(version: str, lms: str) -> Part:
    running: Callable[[Site], AbstractContextManager[Mapping[str, object]]] = partial(_lms, version=version, lms=lms)
    return Part(f"an LMS as {lms.capitalize()}, with LTI {version}", {}, running, lambda: "")


@contextmanager
def _git_server(site: Site) -> Iterator[Mapping[str, object]]:
    """Serve a repository with one notebook."""
    course, served, port = site.folder / "course", site.folder / "served", free_port()
    course.mkdir()
    served.mkdir()
    shutil.copy(notebooks.BUILT_IN, course / "lesson.ipynb")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "The first lesson")):
        ran([*_GIT, *command], cwd=course)
    ran([*_GIT, "clone", "-q", "--bare", str(course), str(served / "course.git")])
    daemon = ["git", "daemon", "--export-all", f"--base-path={served}", f"--listen={LOOPBACK}", f"--port={port}"]
    with running(daemon, site.folder / "git.log", lambda: listens(port)):
        yield {"HUBUSERS_GIT_PULL": f"git://{LOOPBACK}:{port}/course.git"}


_COURSE = Part("git daemon", {"git": "apt install git"}, _git_server, version_of("git", "--version"))

CASES = (
    browser_case(
        "LTI 1.1 launches, as from Moodle",
        hub_packages=(_LTI_PACKAGE,),
        config=_AS_AN_LMS,
        parts=(_as_lms("1.1", "moodle"),),
        environment={},
    ),
    browser_case(
        "LTI 1.3 launches, as from Canvas, behind nginx with TLS",
        hub_packages=(_LTI_PACKAGE,),
        config=_AS_AN_LMS,
        parts=(_as_lms("1.3", "canvas"), nginx()),
        base_url="/hub-prefix/",
        environment={},
    ),
    browser_case("a link of nbgitpuller, after the login", server_packages=_PULLS, parts=(_COURSE,)),
    browser_case(
        "a link of nbgitpuller in a course of Moodle, by LTI 1.3",
        hub_packages=(_LTI_PACKAGE,),
        server_packages=_PULLS,
        config=_AS_AN_LMS,
        parts=(_as_lms("1.3", "moodle"), _COURSE),
        environment={},
    ),
    browser_case(
        "a link of nbgitpuller, on servers that do not have it",
        parts=(_COURSE,),
        refused="install nbgitpuller in the environment, or image, of the servers",
    ),
)
