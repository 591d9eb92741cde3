"""Conducts one run in a cluster: makes it, waits for its pod, follows it, brings its folder home, deletes all of it."""

import signal
import time
from contextlib import suppress
from pathlib import Path

from hubusers.exit_codes import EXIT_CANNOT_TEST, EXIT_INTERRUPTED, EXIT_LEFT_BEHIND, EXIT_NO_ANSWER, EXIT_SUCCESS
from hubusers.kube.after_kill import clean_up_hub, purge_command
from hubusers.kube.cluster_watch import ClusterWatch
from hubusers.kube.folder_home import FolderHome
from hubusers.kube.follower import Follower
from hubusers.kube.home_at_end import LastFetch, bring_home, how_to_fetch
from hubusers.kube.interrupts import Interrupts
from hubusers.kube.kubectl import Kubectl, KubectlError, NotThere
from hubusers.kube.made import Made, component_of
from hubusers.kube.manifests import FETCHED, RESULTS, RUN, Manifest
from hubusers.kube.order import Order
from hubusers.kube.page_forward import IN_POD, PageForward
from hubusers.kube.patience import LOOK_EVERY, EndAtOnce, Patience
from hubusers.kube.pod import Pod, Waiting
from hubusers.kube.pod_lines import PodLines
from hubusers.kube.pod_log import PodLog
from hubusers.kube.report_at_home import add_cluster, run_in
from hubusers.log import get_logger
from hubusers.report.verdict import verdict_of
from hubusers.results.folder import REPORT_FILE

LOG = get_logger(__name__)

_POD_RUNS_WITHIN = 15 * 60.0
"""Seconds that a pod may take until it runs: a new node, and the image on it."""

_SETTLES_WITHIN = 10.0
"""Seconds after which a container that cannot be started never will: what it needs is made at the same time."""

_ENDED_BY_SIGTERM = 128 + signal.SIGTERM
"""The exit code of a run that was told to end while it was still being loaded."""

_TO_BE_DELETED = 60.0
"""Seconds that pods may take to be deleted, beside those in which a run may end in order."""


class Ended(Exception):
    """The run came to its end before its pod ran. The text is a sentence, or two.

    Args:
        sentence: Why.
        code: The exit code.
    """

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class Conductor:
    """Conducts one run.

    Args:
        kubectl: How to get at the cluster.
        order: What to run.
        interrupts: Tells when somebody wants the end.
    """

    def __init__(self, kubectl: Kubectl, order: Order, interrupts: Interrupts) -> None:
        self._kubectl = kubectl
        self._order = order
        self._interrupts = interrupts
        self._patience = Patience(interrupts)
        self._made = Made(kubectl, order.name)
        self._has_begun = False
        self._watch = ClusterWatch(kubectl, order.name)
        self._pod: Pod | None = None
        self._home: FolderHome | None = None
        self._last_fetch = LastFetch()
        self._is_lost = False

    def run(self, manifests: list[Manifest]) -> int:
        """Run it.

        Args:
            manifests: All that is to be made for it.

        Returns:
            The exit code.
        """
        code = EXIT_CANNOT_TEST
        self._watch.start()
        try:
            code = self._run(manifests)
        except EndAtOnce:
            command = purge_command(self._kubectl, self._order)
            LOG.error("Ended at once. What the run made may be left on the hub: `%s` removes it", command)
            code = EXIT_INTERRUPTED
        finally:
            is_left = not self._delete()
            cluster = self._watch.stop()
        runs = self._home.runs if self._home else []
        if len(runs) > 1:  # each was started on the web page
            LOG.info("What the cluster did is in no report: it was watched for all %d runs together", len(runs))
        elif runs and self._interrupts.count < 2 and not self._last_fetch.stays_in_pod:
            add_cluster(runs[0], cluster)
        for report in (folder / REPORT_FILE for folder in runs):
            if report.is_file():
                LOG.info("The report is in %s", report)
        return EXIT_LEFT_BEHIND if is_left else code

    def _run(self, manifests: list[Manifest]) -> int:
        try:
            LOG.info("Making %s in the namespace %s", self._order.name, self._kubectl.namespace)
            self._made.make(manifests)
            self._pod = self._await_pod()
            code = self._conclude(self._follow(self._pod))
            return code or (EXIT_NO_ANSWER if self._last_fetch.why_not else EXIT_SUCCESS)  # which nobody could look at
        except Ended as ended:
            LOG.error("%s", ended)
            code = ended.code
        except KubectlError as error:
            LOG.error("%s", error)
            code = EXIT_NO_ANSWER if self._has_begun else EXIT_CANNOT_TEST
            if self._pod and not self._last_fetch.why_not:
                self._bring_home(self._pod)
            if self._last_fetch.stays_in_pod:
                LOG.error("If the run still goes on, it does so in that pod, and removes what it made at its end")
                return EXIT_LEFT_BEHIND
        # Nobody sees how the run ends, also where it begins only while it is being deleted.
        self._delete()
        is_clean = not self._has_begun or clean_up_hub(self._kubectl, self._order, self._patience)
        return code if is_clean else EXIT_LEFT_BEHIND

    # Before the pod runs

    def _await_pod(self) -> Pod:
        """Wait until the run's container runs, or has ended already."""
        began, final_since, ask = time.monotonic(), 0.0, self._patience.ask
        while True:
            pod = _pod_of_run(ask(self._made.pods))
            if pod and pod.has_begun(RUN):
                LOG.info("The run's pod is %s, on the node %s", pod.name, pod.node)
                return pod
            if self._interrupts.count:
                raise Ended("Interrupted before the run began.", EXIT_INTERRUPTED)
            if pod and (taken := pod.taken_away()):
                raise Ended(f"{taken} The run had not begun.", EXIT_NO_ANSWER)
            waiting = self._why_waiting(pod)
            final_since = (final_since or time.monotonic()) if waiting.is_final else 0.0
            if final_since and time.monotonic() - final_since >= _SETTLES_WITHIN:
                raise Ended(f"The run's pod does not start: {waiting.reason}. {waiting.remedy}", EXIT_CANNOT_TEST)
            waited = time.monotonic() - began
            if waited >= _POD_RUNS_WITHIN:
                raise Ended(
                    f"The run's pod has not started within {_POD_RUNS_WITHIN / 60:.0f} minutes: {waiting.reason}. "
                    "Ask for less (resources in --values), or make room in the cluster.",
                    EXIT_CANNOT_TEST,
                )
            self._patience.progress.say(f"Waiting for the run's pod, {waited:.0f} s: {waiting.reason}")
            self._interrupts.wait(LOOK_EVERY)

    def _why_waiting(self, pod: Pod | None) -> Waiting:
        kind, name = ("Pod", pod.name) if pod else ("Job", self._order.name)
        events = self._patience.ask(lambda: self._made.warnings_about(kind, name))
        if pod:
            return pod.waiting(RUN, events)
        return Waiting(f"the cluster has not made it yet{f' ({events[-1]})' if events else ''}")

    # While it runs

    def _follow(self, pod: Pod) -> Pod:
        """Follow the run until its container has ended, or its pod is gone; return how the pod was seen last."""
        order, shown_as, self._has_begun = self._order, {}, True
        page = PageForward(self._kubectl, pod.name, order.web_port) if order.values.web else None
        if page:
            page.start()
            shown_as[IN_POD] = page.url
        if order.home:
            self._home = FolderHome(self._kubectl, pod.name, order.home)
        lines = PodLines({**order.files.names, **shown_as})
        log = PodLog(self._kubectl, pod.name, RUN, lines.say)
        log.start()
        try:
            follower = Follower(self._kubectl, self._made, self._patience, self._home, self._seconds_to_end)
            return follower.until_it_ends(pod)
        finally:
            if page:
                page.stop()
            try:
                log.read_to_the_end()
            except NotThere:
                pass  # with its pod, of which somebody has been told
            except KubectlError as error:
                LOG.warning("The last lines of the run's log are missing: %s", error)

    # Its end

    def _conclude(self, pod: Pod) -> int:
        """Bring the folder home, and see to what the run could not do itself; return the exit code."""
        is_all_here, ended = self._bring_home(pod), pod.exit(RUN)
        run = next(iter(filter(None, map(run_in, self._folders_at_home))), None)
        if run and not run.broke_off:
            # Where its pod was gone before the end was seen, the folder has the answer.
            return ended.code if ended and not ended.was_killed else verdict_of(run).exit_code
        if ended and ended.code == _ENDED_BY_SIGTERM and self._interrupts.count:
            return EXIT_INTERRUPTED
        crashed = pod.taken_away() or (run and is_all_here)  # whatever its code says
        if ended and not ended.was_killed and not crashed:
            return ended.code
        LOG.error("%s", pod.why_cut_off(RUN))
        self._is_lost = pod.node_is_silent  # where nobody ends its pods
        self._delete()  # first, because workers may go on
        is_clean = clean_up_hub(self._kubectl, self._order, self._patience)
        return EXIT_NO_ANSWER if is_clean else EXIT_LEFT_BEHIND

    def _bring_home(self, pod: Pod) -> bool:
        """Fetch the folder as it is at the end; return whether that has come home."""
        if self._home:
            self._last_fetch = bring_home(self._home, pod, self._made, self._patience)
        why_not = self._last_fetch.why_not
        for folder in self._folders_at_home:
            as_it_was = "A copy of the run's folder from while it ran" if why_not else "The run's folder"
            LOG.info("%s is here: %s", as_it_was, folder)
        if why_not:
            LOG.error("The run's folder could not be fetched at its end: %s", why_not)
        if self._last_fetch.stays_in_pod:
            LOG.error("%s", how_to_fetch(self._kubectl, pod.name, self._order.values.keep_results, self._made))
        else:
            with suppress(KubectlError):  # it only makes the pod's end faster
                self._kubectl.run("exec", pod.name, f"--container={RESULTS}", "--", "touch", FETCHED)
        return not why_not

    @property
    def _seconds_to_end(self) -> float:
        """How long a pod may take to end in order."""
        return self._order.values.server_timeout + self._order.values.people + _TO_BE_DELETED

    @property
    def _folders_at_home(self) -> list[Path]:
        """The folder of the run that was begun last, if it has come home."""
        return self._home.runs[-1:] if self._home else []

    def _delete(self) -> bool:
        """Delete all that was made, or say what is left; return whether nothing is."""
        at_once = self._interrupts.count > 1 or self._is_lost
        try:
            if self._last_fetch.stays_in_pod:
                self._patience.ask(self._made.delete_workers)
                return False
            seconds = 0.0 if at_once else self._seconds_to_end
            self._patience.ask(lambda: self._made.delete(seconds, lambda: self._interrupts.count < 2, self._note_begin))
        except (KubectlError, EndAtOnce) as error:
            LOG.error("%s", self._made.how_to_delete(str(error).rstrip(".") or "the cluster does not answer"))
            return False
        return True

    def _note_begin(self, pods: list[Pod]) -> None:
        pod = _pod_of_run(pods)
        self._has_begun |= bool(pod and pod.has_begun(RUN))


def _pod_of_run(pods: list[Pod]) -> Pod | None:
    return next((each for each in pods if component_of(each) == "run"), None)
