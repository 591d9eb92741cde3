"use strict";
// Draws the charts of the page. Zooming into one chart over time zooms all of them. Their colours are in style.css.

const charts = JSON.parse(document.getElementById("charts").textContent);
const place = (chart) => document.getElementById("chart-" + chart.name);
const overTime = charts.filter((chart) => chart.over_time);

function zoomAll(zoomed) {
  const wanted = zoomed.layout.xaxis.range;
  for (const chart of overTime) {
    const now = place(chart).layout.xaxis.range;
    // A chart that has the range already is left alone, or each zoom would cause another one.
    if (now[0] !== wanted[0] || now[1] !== wanted[1]) Plotly.relayout(place(chart), { "xaxis.range": [...wanted] });
  }
}

async function drawAll() {
  const config = {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    doubleClick: "reset",
    showTips: false,
    // Plotly's button "Share chart" would upload what the operator's hub did.
    showSendToCloud: false,
    plotlyServerURL: "",
  };
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  for (const chart of charts) await Plotly.newPlot(place(chart), chart.data, { ...chart.layout, font }, config);
  for (const chart of overTime) place(chart).on("plotly_relayout", () => zoomAll(place(chart)));
}

drawAll();
