// The start form: draws the plan of the event that is chosen, follows the check of the hub until the run begins, and
// comes back when a run is over.
// The form itself works without this script.
"use strict";

const SECONDS_BETWEEN_LOOKS = 1;
const SECONDS_OF_TYPING = 0.4; // before the plan is asked for
const ROUND = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

const byId = (id) => document.getElementById(id);

// ---- the plan of an event

let chart = null;

function inWords(seconds) {
  const words = [];
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["m", 60]]) {
    if (seconds >= length) words.push(`${Math.floor(seconds / length)}${unit}`);
    seconds %= length;
  }
  if (seconds || words.length === 0) words.push(`${Math.round(seconds * 10) / 10}s`);
  return words.join(" ");
}

function drawPlan() {
  chart?.destroy();
  chart = null;
  const plot = document.querySelector("#plan .plot");
  if (!plot || plot.clientWidth === 0) return; // the event is not chosen
  const bar = Number(plot.dataset.bar);
  const arrivals = JSON.parse(plot.dataset.arrivals);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { stroke: color("--line") } };
  const times = arrivals.map((_, at) => (at + 0.5) * bar);
  chart = new uPlot(
    {
      width: plot.clientWidth,
      height: 200,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: [0, Math.max(1, arrivals.length) * bar] },
        y: { range: (_, __, most) => [0, Math.max(1, most)] },
      },
      axes: [
        { ...axis, grid: { show: false }, incrs: ROUND, values: (_, splits) => splits.map(inWords), space: 70 },
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000] },
      ],
      series: [
        {},
        {
          label: "people who arrive",
          fill: color("--people"),
          stroke: color("--people"),
          paths: uPlot.paths.bars({ size: [0.9, 60] }),
          points: { show: false },
        },
      ],
    },
    [times, arrivals],
    plot,
  );
}

let asked = 0;
let typing;

async function showPlan() {
  const mine = ++asked;
  const chosen = new URLSearchParams({ event: byId("event").value, time_scale: byId("time_scale").value });
  const answer = await fetch(`./start/event?${chosen}`).catch(() => null);
  if (mine !== asked) return; // something else was chosen meanwhile
  if (answer?.ok && !answer.redirected) {
    byId("plan").innerHTML = await answer.text(); // made by Locust, which escapes what comes from outside
    drawPlan();
  } else {
    byId("plan").textContent = "Locust does not answer, so the plan cannot be shown. Reload this page.";
  }
}

if (byId("event")) {
  byId("event").addEventListener("change", showPlan);
  byId("time_scale").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(showPlan, SECONDS_OF_TYPING * 1000);
  });
  for (const choice of document.querySelectorAll("[name=what]")) choice.addEventListener("change", drawPlan);
  addEventListener("resize", drawPlan);
  addEventListener("themechange", drawPlan);
  // The browser may have filled in again what was chosen before a reload.
  addEventListener("pageshow", () => (byId("start").disabled = false));
  document.querySelector("main form").addEventListener("submit", () => (byId("start").disabled = true));
  byId("mistakes")?.focus();
  drawPlan();
}

// ---- the check of the hub, and a run

async function look() {
  const answer = await fetch("./start/state").catch(() => null);
  const state = answer?.ok && !answer.redirected ? await answer.json().catch(() => null) : null;
  const shown = byId("busy") ? "busy" : "runs";
  if (state && shown === "busy" && state.runs) return location.replace("../hub");
  if (state && !state[shown]) return location.replace("./start"); // the form again, with what was wrong if anything was
  if (state && shown === "busy") {
    if (byId("doing").textContent !== state.doing) byId("doing").textContent = state.doing;
    byId("seconds").textContent = state.seconds; // not read aloud each second
  }
  setTimeout(look, SECONDS_BETWEEN_LOOKS * 1000);
}

if (byId("busy") || byId("runs")) look();

// ---- light and dark

byId("theme").addEventListener("click", () => {
  localStorage.theme = isDark() ? "light" : "dark"; // as Locust's own switch does
  showTheme();
});
