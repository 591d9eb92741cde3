// The charts of a run: what each shows, and what it says when there is nothing to show.

import { Chart } from "./chart.js";
import { byId } from "./elements.js";
import { bytes, count, percent, percentile, seconds } from "./format.js";

const inSeconds = (split) => seconds(split).replace(" s", "");
const ofStarts = (value, point) => percentile(value, point.known);

const CHARTS = [
  {
    title: "Users and servers",
    about: "Servers are those of the users of this run. Failed are all steps so far that failed.",
    wide: true,
    lines: [
      { of: "arrived", name: "arrived", colour: "people" },
      { of: "pending", name: "pending", colour: "pending", dash: [8, 4] },
      { of: "ready", name: "ready", colour: "ready" },
      { of: "failed", name: "failed", colour: "failed", dash: [2, 3] },
    ],
    shown: count,
    tick: count,
    whole: true,
    nothing: "Nobody has arrived yet.",
  },
  {
    title: "Start to ready, in seconds",
    about: "Of the last 30 s. Starts that are still pending count with their time so far, but for the youngest.",
    wide: true,
    lines: [
      { of: "p50", name: "p50", colour: "p50" },
      { of: "p95", name: "p95", colour: "p95", dash: [8, 4] },
      { of: "p99", name: "p99", colour: "p99", dash: [2, 3] },
    ],
    marks: { name: "p95 never: too many failed", at: (point) => point.p95 === "never" },
    shown: ofStarts,
    tick: inSeconds,
    nothing: "Nobody has asked for a server yet.",
  },
  {
    title: "Throttled",
    about: "Answers “too many, come back later” (429) so far.",
    lines: [{ of: "throttled", name: "throttled", colour: "pending" }],
    shown: count,
    tick: count,
    whole: true,
    nothing: "No requests yet.",
  },
  {
    title: "Hub probe, in seconds",
    about: "A small request without a token, once a second. A hub that is not busy answers within milliseconds.",
    lines: [{ of: "probe", name: "answered in", colour: "probe" }],
    marks: { name: "not answered", at: (point) => point.probes_failed > 0 },
    shown: seconds,
    tick: inSeconds,
    note: "probe",
    nothing: "Not measured.",
  },
  {
    title: "CPU of the hub, in % of a core",
    about: "A hub is one process, and can use one core.",
    lines: [{ of: "cpu", name: "CPU", colour: "hub-cpu" }],
    shown: percent,
    tick: (split) => percent(split).replace(" %", ""),
    note: "metrics",
    nothing: "Not measured.",
  },
  {
    title: "Memory of the hub, in MB",
    about: "",
    lines: [{ of: "memory", name: "memory", colour: "hub-memory" }],
    shown: bytes,
    tick: (split) => bytes(split).replace(" MB", ""),
    note: "metrics",
    nothing: "Not measured.",
  },
];

const charts = [];

export function showCharts(run, points, notes) {
  if (charts.length === 0) {
    charts.push(...CHARTS.map((what) => new Chart(what)));
    byId("charts").append(...charts.map((chart) => chart.element));
  }
  for (const chart of charts) {
    const { note, nothing } = chart.what;
    chart.show(points, run.began, (note && notes.find((one) => one.includes(note))) || nothing);
  }
}

addEventListener("themechange", () => charts.forEach((chart) => chart.redraw()));
