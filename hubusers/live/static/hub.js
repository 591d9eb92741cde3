// The page "Hub": asks Locust every two seconds for what is new in the run, and shows it. Whatever comes from outside
// goes into the page as text, never as HTML.
"use strict";

const SECONDS_BETWEEN_LOOKS = 2;
const SECONDS_TO_ANSWER = 10;
const SECONDS_BETWEEN_WORDS = 30; // read aloud
const MOST_POINTS = 3000; // then all of them are asked for anew: Locust sends a thousand at most
const START = Date.UTC(2000); // any day: plotly writes minutes and seconds of dates only, and takes 9000 for a year

const CHARTS = [
  {
    title: "Users and servers",
    wide: true,
    lines: [
      { of: "arrived", name: "arrived", color: "#1e88e5" },
      { of: "pending", name: "pending", color: "#d97706" },
      { of: "ready", name: "ready", color: "#16a34a" },
      { of: "failed", name: "failed", color: "#e53935" },
      { of: "running_servers", name: "the hub's count (too high while many start)", color: "#9966cc", dash: "dot" },
    ],
    nothing: "Nobody has arrived yet.",
  },
  {
    title: "Start to ready (seconds, last 30 s)",
    wide: true,
    lines: [
      { of: "p50", name: "p50", color: "#16a34a" },
      { of: "p95", name: "p95", color: "#d97706" },
      { of: "p99", name: "p99", color: "#e53935" },
    ],
    nothing: "No server has become ready yet.",
  },
  {
    title: "Throttled (429s so far)",
    lines: [{ of: "throttled", name: "throttled", color: "#d97706" }],
    nothing: "No requests yet.",
  },
  {
    title: "Hub CPU (cores)",
    lines: [{ of: "cpu", name: "CPU", color: "#1e88e5" }],
    note: "metrics",
    nothing: "Not measured.",
  },
  {
    title: "Hub memory",
    lines: [{ of: "memory", name: "memory", color: "#9966cc" }],
    note: "metrics",
    bytes: true,
    nothing: "Not measured.",
  },
  {
    title: "Hub probe (seconds)",
    lines: [{ of: "probe", name: "probe", color: "#16a34a" }],
    note: "probe",
    nothing: "Not measured.",
  },
];

let run = { id: "" };
let points = [];
let busy = false;
let timer;

// ---- asking

async function look() {
  if (busy || document.visibilityState !== "visible") return;
  busy = true;
  clearTimeout(timer);
  try {
    const answer = await news();
    complain("");
    show(answer);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    complain(error.message);
  } finally {
    busy = false;
    timer = setTimeout(look, SECONDS_BETWEEN_LOOKS * 1000);
  }
}

class NoAnswer extends Error {}

async function ask(after) {
  const signal = AbortSignal.timeout(SECONDS_TO_ANSWER * 1000);
  const answer = await fetch(`./hub/state?after=${after}`, { signal }).catch(noAnswer);
  if (answer.redirected) throw new NoAnswer("Locust asks for a login: reload this page.");
  return answer.ok ? answer.json().catch(noAnswer) : noAnswer();
}

function noAnswer() {
  throw new NoAnswer("No answer from Locust; trying again.");
}

async function news() {
  const after = points.length < MOST_POINTS ? (points.at(-1)?.t ?? 0) : 0;
  let answer = await ask(after);
  if (after > 0 && answer.run.id === run.id) {
    points = points.concat(answer.points);
  } else {
    if (after > 0) answer = await ask(0); // another run: what it had before is new as well
    points = answer.points;
  }
  run = answer.run;
  return answer;
}

// ---- showing

const byId = (id) => document.getElementById(id);

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

const shown = {};

// Whether something is not what was shown before: what stays is left alone, so that it can be selected and read aloud.
function changed(what, value) {
  const text = JSON.stringify(value);
  if (shown[what] === text) return false;
  shown[what] = text;
  return true;
}

function show({ targets, waiting, failures, notes }) {
  byId("empty").hidden = run.id !== "";
  byId("run").hidden = run.id === "";
  byId("hub").textContent = byId("hub").title = run.hub;
  byId("id").textContent = run.id || "–";
  byId("run-state").textContent = run.state;
  byId("title").textContent = run.title || `Run ${run.id}`;
  byId("words").textContent = run.words;
  speak();
  showCards(targets);
  if (changed("notes", notes)) {
    byId("notes").replaceChildren(...notes.map((note) => element("li", note)));
    byId("notes").hidden = notes.length === 0;
  }
  if (changed("waiting", waiting)) showWaiting(waiting);
  if (changed("targets", targets)) showTargets(targets);
  if (changed("failures", failures)) showFailures(failures);
  if (run.id !== "" && changed("charts", [run.id, points.length, points.at(-1)?.t, notes])) showCharts(notes);
}

let spokeAt = -Infinity;

function speak() {
  const now = performance.now();
  if (changed("spoken", [run.id, run.state]) || now > spokeAt + SECONDS_BETWEEN_WORDS * 1000) {
    byId("spoken").textContent = run.id === "" ? "" : `${run.state}: ${run.words}`;
    spokeAt = now;
  }
}

function complain(words) {
  if (byId("no-answer").textContent !== words) byId("no-answer").textContent = words;
  byId("no-answer").hidden = words === "";
}

const known = (value) => typeof value === "number"; // null: not measured; "never": too many starts failed
const count = (number) => (known(number) ? number.toLocaleString("en") : "–");

function seconds(number) {
  if (number === "never") return number;
  return known(number) ? `${number < 10 ? number.toPrecision(2) : number.toFixed(1)} s` : "–";
}

function clock(elapsed) {
  const two = (part) => String(Math.floor(part)).padStart(2, "0");
  const parts = [two(elapsed / 3600), two((elapsed / 60) % 60), two(elapsed % 60)];
  return (elapsed < 3600 ? parts.slice(1) : parts).join(":");
}

function showCards(targets) {
  const last = (name) => points.findLast((point) => known(point[name]))?.[name];
  const missed = targets.filter((target) => target.state === "missed").length;
  const held = targets.filter((target) => target.state === "held").length;
  card("elapsed", clock(run.elapsed));
  card("users arrived", count(last("arrived")), known(run.planned) ? ` of ${count(run.planned)}` : "");
  card("servers pending", count(last("pending")));
  card("servers ready", count(last("ready")));
  card("failed", count(last("failed")), "", last("failed") > 0);
  card("start to ready, p95", seconds(points.at(-1)?.p95));
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

function showTargets(targets) {
  byId("targets").hidden = targets.length === 0;
  byId("targets").querySelector("tbody").replaceChildren(
    ...targets.map((target) => {
      const row = element("tr");
      const state = element("td");
      state.append(element("span", target.state, `chip ${target.state.replace(" ", "-")}`));
      row.append(element("td", target.text), element("td", target.measured), state);
      return row;
    }),
  );
}

function showWaiting(waiting) {
  byId("waiting").hidden = waiting.length === 0;
  byId("waiting").querySelector("tbody").replaceChildren(
    ...waiting.map((wait) => {
      const row = element("tr");
      row.append(element("td", wait.for), element("td", `${wait.starts}`, "number"));
      return row;
    }),
  );
}

function showFailures({ rows, more }) {
  byId("failures").hidden = rows.length === 0;
  byId("failures").querySelector(".more").textContent = more;
  byId("failures").querySelector("tbody").replaceChildren(
    ...rows.map(({ step, what, who, last, count: times }) => {
      const row = element("tr");
      row.append(element("td", step), element("td", what), element("td", who));
      row.append(element("td", clock(last)), element("td", count(times), "number"));
      return row;
    }),
  );
}

function showCharts(notes) {
  const times = points.map((point) => START + point.t * 1000);
  for (const chart of CHARTS) {
    chart.parts ??= makeChart(chart);
    const traces = chart.lines.map((line) => trace(line, times)).filter((made) => made.y.some(known));
    chart.parts.plot.hidden = traces.length === 0;
    chart.parts.nothing.hidden = traces.length > 0;
    chart.parts.nothing.textContent = (chart.note && notes.find((note) => note.includes(chart.note))) || chart.nothing;
    if (traces.length > 0) {
      Plotly.react(chart.parts.plot, traces, layout(chart, times), { displayModeBar: false, responsive: true });
    }
  }
}

function makeChart(chart) {
  const section = element("section", "", chart.wide ? "chart wide" : "chart");
  const parts = { plot: element("div", "", "plot"), nothing: element("p", "", "nothing") };
  section.append(element("h2", chart.title), parts.plot, parts.nothing);
  byId("charts").append(section);
  return parts;
}

function trace(line, times) {
  const y = points.map((point) => (known(point[line.of]) ? point[line.of] : null));
  // A line needs two values beside each other; one between gaps is shown as a dot.
  const dots = y.map((_, at) => (known(y[at]) && !known(y[at - 1]) && !known(y[at + 1]) ? 5 : 0));
  const mode = dots.some(Boolean) ? "lines+markers" : "lines";
  return {
    x: times,
    y,
    name: line.name,
    mode,
    line: { color: line.color, width: 2, dash: line.dash ?? "solid" },
    marker: { color: line.color, size: dots },
  };
}

function layout(chart, times) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const end = Math.max(times.at(-1), START + 1000);
  const long = end - START >= 3600 * 1000;
  return {
    height: chart.wide ? 260 : 200,
    margin: { l: 48, r: 12, t: 8, b: 28 },
    paper_bgcolor: color("--paper"),
    plot_bgcolor: color("--paper"),
    font: { family: "Roboto, Helvetica, Arial, sans-serif", size: 12, color: color("--quiet") },
    showlegend: chart.lines.length > 1,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: color("--text") } },
    hovermode: "x unified",
    hoverlabel: { bgcolor: color("--paper"), bordercolor: color("--line"), font: { color: color("--text") } },
    dragmode: false,
    uirevision: run.id, // a line that was clicked away stays away
    xaxis: {
      type: "date",
      range: [START, end],
      tickformat: long ? "%H:%M" : "%M:%S",
      hoverformat: long ? "%H:%M:%S" : "%M:%S",
      nticks: chart.wide ? 10 : 5,
      showgrid: false,
      linecolor: color("--quiet"),
      fixedrange: true,
      spikecolor: color("--quiet"),
      spikethickness: 1,
      spikedash: "solid",
    },
    yaxis: {
      rangemode: "tozero",
      gridcolor: color("--line"),
      zeroline: false,
      fixedrange: true,
      exponentformat: "SI",
      hoverformat: chart.bytes ? ".3~s" : ".3~f",
      ticklabelstandoff: 4,
      ticksuffix: chart.bytes ? "B" : "",
    },
  };
}

// ---- light and dark

byId("theme").addEventListener("click", () => {
  localStorage.theme = isDark() ? "light" : "dark"; // as Locust's own switch does
  showTheme();
});
addEventListener("themechange", () => {
  for (const { parts, ...chart } of CHARTS) {
    if (parts && !parts.plot.hidden) Plotly.relayout(parts.plot, layout(chart, parts.plot.data[0].x));
  }
});

document.querySelector("nav [aria-current]").scrollIntoView({ block: "nearest", inline: "end" });
document.addEventListener("visibilitychange", look);
look();
