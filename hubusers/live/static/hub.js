// The page "Hub": shows a run from its preparation to its answer.

import { showAnswer } from "./answer.js";
import { showCharts } from "./charts.js";
import { byId, changed, element } from "./elements.js";
import { clock, count, isNumber, moment, percentile } from "./format.js";
import { follow } from "./news.js";
import { showStop } from "./stop.js";
import { showTables } from "./tables.js";

const SECONDS_BETWEEN_WORDS = 30; // read aloud

const BEFORE_A_RUN = {
  starting: "Locust is starting.",
  ready: "Locust waits for a run to be started.",
  checking: "A run is about to start: the hub is being checked, and one server is tried.",
};
const DOING = {
  checking: "Another run is about to start: the hub is being checked, and one server is tried.",
  preparing: "The run is being prepared.",
  running: "Locust waits for the first figures.",
  stopping: "The users are going; what the run made on the hub is being removed.",
  quitting: "Locust is quitting.",
};

let run = { id: "", state: "", folder: "" };
let heard = null; // when Locust answered last

function show(news, points) {
  ({ run } = news);
  heard = Date.now() / 1000;
  const isEmpty = run.id === "";
  byId("empty").hidden = !isEmpty;
  byId("empty-words").textContent = BEFORE_A_RUN[run.state] ?? DOING[run.state] ?? "";
  byId("start").hidden = run.state !== "ready";
  byId("run").hidden = isEmpty;
  byId("hub").textContent = run.hub;
  byId("id").textContent = run.id || "–";
  byId("run-state").textContent = run.state;
  byId("hub-away").hidden = !isNumber(run.hub_away);
  if (changed("away", run.hub_away) && isNumber(run.hub_away)) {
    byId("hub-away").textContent = `The hub has not answered since ${moment(run.hub_away)}.`;
  }
  if (isEmpty) return;
  byId("title").textContent = run.title || `Run ${run.id}`;
  byId("words").textContent = news.answer ? "The run is over." : words();
  byId("times").textContent = `People could come from ${moment(run.began)} on; times below count from then.`;
  byId("times").hidden = points.length === 0;
  speak();
  showStop(run);
  showProgress(news.progress);
  showAnswer(news.answer);
  if (changed("notes", news.notes)) {
    byId("notes").replaceChildren(...news.notes.map((note) => element("li", note)));
    byId("notes").hidden = news.notes.length === 0;
  }
  showCards(news.targets, points);
  showTables(news);
  if (changed("charts", [run.id, points.length, points.at(-1)?.t, news.notes])) showCharts(run, points, news.notes);
}

function words() {
  const doing = run.state === "running" && run.words ? "" : DOING[run.state];
  return [doing, run.words].filter(Boolean).join(" ");
}

let spokeAt = -Infinity;

function speak() {
  const now = performance.now();
  if (changed("spoken", [run.id, run.state]) || now > spokeAt + SECONDS_BETWEEN_WORDS * 1000) {
    byId("spoken").textContent = `${run.state}: ${words()}`;
    spokeAt = now;
  }
}

function complain(reason) {
  const since = heard === null ? "" : ` since ${moment(heard)}`;
  const stands = run.id === "" ? "" : " What stands here is from then.";
  const written = run.folder ? ` What was written of the run is in ${run.folder}` : "";
  const silence = `Locust has not answered${since}; asking again.${stands}${written}`;
  const text = reason === "no answer" ? silence : reason;
  if (byId("no-answer").textContent !== text) byId("no-answer").textContent = text;
  byId("no-answer").hidden = text === "";
}

function showProgress(progress) {
  byId("progress").hidden = !progress;
  if (!progress) return;
  const { what, done, of } = progress;
  const label = byId("progress").querySelector("label");
  const isDone = run.state === "stopping" && done >= of;
  label.textContent = `${count(done)} of ${count(of)} ${what}${isDone ? "; the report is being written" : ""}`;
  byId("progress-bar").max = Math.max(of, 1);
  byId("progress-bar").value = of === 0 ? 1 : done;
}

function showCards(targets, points) {
  const last = (name) => points.findLast((point) => isNumber(point[name]))?.[name];
  const missed = targets.filter((target) => target.state === "missed").length;
  const held = targets.filter((target) => target.state === "held").length;
  const { p95 = null, known } = points.at(-1) ?? {};
  card("elapsed", clock(run.elapsed));
  card("users arrived", count(last("arrived")), isNumber(run.planned) ? ` of ${count(run.planned)}` : "");
  card("servers pending", count(last("pending")));
  card("servers ready", count(last("ready")));
  card("failed steps", count(last("failed")), "", last("failed") > 0);
  card("start to ready p95, last 30 s", percentile(p95, known));
  card("targets held", targets.length ? count(held) : "–", targets.length ? ` of ${targets.length}` : "", missed > 0);
}

const cards = {};

function card(label, value, more = "", bad = false) {
  if (!cards[label]) {
    cards[label] = element("dd");
    const made = element("div");
    made.append(element("dt", label), cards[label]);
    byId("cards").append(made);
  }
  cards[label].replaceChildren(value, element("small", more));
  cards[label].className = bad ? "bad" : "";
}

byId("theme").addEventListener("click", () => {
  localStorage.theme = isDark() ? "light" : "dark"; // as Locust's own switch does
  showTheme();
});
follow(show, complain);
