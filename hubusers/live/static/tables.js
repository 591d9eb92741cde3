// The tables below the charts.

import { byId, changed, element, table } from "./elements.js";
import { clock, count } from "./format.js";

export function showTables({ cohorts, targets, failures, waiting }) {
  put("cohorts", "Cohorts", cohorts, [
    ["Cohort"],
    ["Arrived", "number"],
    ["Pending", "number"],
    ["Ready", "number"],
    ["Failed", "number"],
    ["p50", "number"],
    ["p95", "number"],
  ], (row) => [
    row.name,
    `${count(row.arrived)} of ${count(row.planned)}`,
    count(row.pending),
    count(row.ready),
    count(row.failed),
    row.p50,
    row.p95,
  ]);
  put("targets", "Targets", targets, [["Target"], ["Measured", "number"], ["State"]], (target) => [
    target.text,
    target.measured,
    element("span", target.state, `chip ${target.state.replaceAll(" ", "-")}`),
  ]);
  put("failures", "Failures so far", failures.rows, [
    ["Step"],
    ["Failure"],
    ["Who"],
    ["Last", "number"],
    ["Count", "number"],
  ], (row) => [row.step, withExample(row), row.who, clock(row.last), count(row.count)]);
  byId("failures").querySelector(".more").textContent = failures.more;
  put("waiting", "What pending starts wait for", waiting, [["Now waiting for"], ["Starts", "number"]], (wait) => [
    wait.for,
    count(wait.starts),
  ]);
}

function put(id, label, rows, columns, cells) {
  const section = byId(id);
  section.hidden = rows.length === 0;
  if (!changed(id, rows)) return;
  section.querySelector(".paper")?.remove();
  section.querySelector("h2").after(table(label, columns, rows.map(cells)));
}

function withExample({ what, example }) {
  const made = element("span", what);
  if (example) made.append(element("br"), element("span", `for example: ${example}`, "quiet"));
  return made;
}
