// One chart over time, drawn by uPlot. The keys left and right, page up and down, home and end move along it, and it
// says its values as a slider does; buttons in its legend hide lines; a table has the same figures.

import { element, table } from "./elements.js";
import { clock, isNumber, moment } from "./format.js";

const MOST_ROWS = 40;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400]; // seconds
const FONT = "12px Roboto, Helvetica, Arial, sans-serif";
const KEYS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

let made = 0;

export class Chart {
  #points = [];
  #began = 0;
  #place = null; // that the cursor is at
  #plot = null;
  #hidden = new Set(); // names of lines

  constructor(what) {
    this.what = what;
    this.element = element("figure", "", what.wide ? "chart wide" : "chart");
    const title = element("h2", what.title);
    title.id = `chart-${++made}`;
    this.element.setAttribute("aria-labelledby", title.id);
    this.legend = element("div", "", "legend");
    this.area = element("div", "", "plot");
    this.area.tabIndex = 0;
    this.area.role = "slider";
    this.area.ariaLabel = `${what.title}, over time`;
    this.nothing = element("p", "", "nothing");
    this.time = element("p", "", "quiet");
    this.details = element("details");
    this.details.append(element("summary", "Table"));
    const parts = [this.legend, this.area, this.nothing, this.time, this.details];
    this.element.append(title, element("p", what.about, "quiet"), ...parts);
    this.area.addEventListener("keydown", (event) => this.#press(event));
    this.details.addEventListener("toggle", () => this.#showTable());
    new ResizeObserver(() => this.#resize()).observe(this.area);
  }

  show(points, began, nothing) {
    this.#points = points;
    this.#began = began;
    const isEmpty = !this.#lines.some((line) => points.some((point) => isNumber(point[line.of]))) && !this.#isMarked;
    for (const part of [this.area, this.legend, this.time, this.details]) part.hidden = isEmpty;
    this.nothing.hidden = !isEmpty;
    this.nothing.textContent = nothing;
    if (isEmpty) return;
    if (!this.#plot) this.#plot = new uPlot(this.#options(), this.#data(), this.area);
    else this.#plot.setData(this.#data());
    this.#showLegend();
    this.#showTable();
  }

  redraw() {
    this.#plot?.redraw();
  }

  get #lines() {
    return this.what.lines;
  }

  get #isMarked() {
    return this.what.marks !== undefined && this.#points.some(this.what.marks.at);
  }

  // ---- drawing

  #data() {
    const lines = this.#lines.map(({ of }) => this.#points.map((point) => (isNumber(point[of]) ? point[of] : null)));
    const marks = this.what.marks ? [this.#points.map((point) => (this.what.marks.at(point) ? 1 : null))] : [];
    return [this.#points.map((point) => point.t), ...marks, ...lines];
  }

  #options() {
    const axis = { stroke: () => colour("quiet"), font: FONT, ticks: { show: false } };
    const lines = this.#lines.map((line) => ({
      label: line.name,
      stroke: () => colour(line.colour),
      width: 2,
      dash: line.dash,
      points: { show: true, size: 5, fill: () => colour(line.colour), filter: lonely },
    }));
    const strip = { stroke: () => colour("failed"), fill: () => colour("failed"), width: 0, scale: "marks" };
    const paths = uPlot.paths.bars({ size: [1, Infinity, 3], gap: 0 });
    const marks = { ...strip, paths, fillTo: () => 0.94, points: { show: false } }; // along the top, beside the lines
    return {
      ...this.#size(),
      series: [{}, ...(this.what.marks ? [marks] : []), ...lines],
      scales: {
        x: { time: false, range: (_, first, last) => [0, Math.max(last ?? 0, 1)] },
        y: { range: (_, least, most) => [0, most > 0 ? 1.1 * most : 1] },
        marks: { range: [0, 1] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 28, incrs: STEPS, values: (_, splits) => splits.map(clock) },
        {
          ...axis,
          grid: { stroke: () => colour("line"), width: 1 },
          values: (_, splits) => splits.map((split) => (this.what.whole && split % 1 ? "" : this.what.tick(split))),
          size: (_, texts) => 16 + 7 * Math.max(2, ...(texts ?? []).map((text) => text.length)),
        },
      ],
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: { drag: { x: false, y: false }, y: false, sync: { key: "hub", setSeries: false } },
      hooks: { setCursor: [(plot) => this.#moveTo(plot.cursor.idx)] },
    };
  }

  #size() {
    return { width: Math.max(this.area.clientWidth, 100), height: this.what.wide ? 260 : 180 };
  }

  #resize() {
    if (this.#plot && this.area.clientWidth > 0) this.#plot.setSize(this.#size());
  }

  // ---- the legend, and what the cursor is at

  #moveTo(place) {
    if (place === this.#place) return;
    this.#place = place;
    this.#showLegend();
  }

  #press(event) {
    const step = KEYS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = this.#points.length - 1;
    const place = Math.min(last, Math.max(0, (this.#place ?? last) + step));
    const left = this.#plot.valToPos(this.#points[place].t, "x");
    this.#plot.setCursor({ left, top: 10 }, true, true); // and the other charts follow
  }

  #showLegend() {
    const last = this.#points.length - 1;
    const place = Math.min(this.#place ?? last, last);
    const point = this.#points[place] ?? {};
    const values = this.#lines.map((line) => [line.name, this.what.shown(point[line.of] ?? null, point)]);
    if (this.legend.childElementCount === 0) this.#makeLegend();
    values.forEach(([, value], at) => (this.legend.children[at].querySelector("b").textContent = value));
    const marks = this.legend.querySelector(".marks");
    if (marks) marks.hidden = !this.#isMarked;
    this.time.textContent = `At ${this.#when(point)}`;
    const marked = this.what.marks?.at(point) ? `, ${this.what.marks.name}` : "";
    this.area.ariaValueMin = 0;
    this.area.ariaValueMax = Math.max(0, last);
    this.area.ariaValueNow = place;
    this.area.ariaValueText = `${this.#when(point)}: ${values.map((pair) => pair.join(" ")).join(", ")}${marked}`;
  }

  #makeLegend() {
    for (const line of this.#lines) {
      const button = element("button", "", "line");
      button.type = "button";
      button.ariaPressed = "true";
      button.title = "Show or hide this line";
      button.append(swatch(line), `${line.name} `, element("b"));
      button.addEventListener("click", () => this.#toggle(line, button));
      this.legend.append(button);
    }
    if (this.what.marks) {
      const mark = element("span", this.what.marks.name, "marks");
      mark.prepend(element("i", "", "bar"));
      this.legend.append(mark);
    }
  }

  #toggle(line, button) {
    const isShown = this.#hidden.delete(line.name);
    if (!isShown) this.#hidden.add(line.name);
    button.ariaPressed = String(isShown);
    this.#plot.setSeries(this.#lines.indexOf(line) + (this.what.marks ? 2 : 1), { show: isShown });
  }

  #when(point) {
    return `${clock(point.t ?? 0)} (${moment(this.#began + (point.t ?? 0))})`;
  }

  // ---- the table

  #showTable() {
    this.details.querySelector(".paper")?.remove();
    if (!this.details.open) return;
    const every = Math.ceil(this.#points.length / MOST_ROWS);
    const last = this.#points.length - 1;
    const rows = this.#points.filter((_, at) => (last - at) % every === 0);
    const marks = this.what.marks;
    const columns = [["Elapsed"], ["UTC"], ...this.#lines.map((line) => [line.name, "number"])];
    if (marks) columns.push([marks.name]);
    const cells = rows.map((point) => [
      clock(point.t),
      moment(this.#began + point.t).replace(" UTC", ""),
      ...this.#lines.map((line) => this.what.shown(point[line.of] ?? null, point)),
      ...(marks ? [marks.at(point) ? "yes" : ""] : []),
    ]);
    this.details.append(table(`${this.what.title}: table`, columns, cells));
  }
}

// A line needs two values beside each other; one between gaps is shown as a dot.
function lonely(plot, series) {
  const values = plot.data[series];
  return [...values.keys()].filter((at) => values[at] !== null && !isNumber(values[at - 1]) && !isNumber(values[at + 1]));
}

function swatch(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 8");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("swatch");
  path.setAttribute("d", "M0 4H24");
  path.setAttribute("stroke-dasharray", (line.dash ?? []).join(" "));
  path.style.stroke = `var(--${line.colour})`;
  svg.append(path);
  return svg;
}
