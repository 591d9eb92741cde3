// The button that stops the run: one press asks, a second one does it.

import { byId } from "./elements.js";

const SECONDS_OF_A_DOUBLE_CLICK = 0.6; // in which a second press is not meant as an answer

let guard = 0; // the timer that ends these seconds
let sent = ""; // the id of the run that was told to stop
let runId = "";

// Shows the button for a run that can be stopped.
export function showStop(run) {
  runId = run.id;
  const canStop = ["preparing", "running"].includes(run.state) && sent !== runId;
  if (!canStop) ask(false);
  if (canStop && byId("stop-ask").hidden) byId("stop").hidden = false;
  if (!canStop) byId("stop").hidden = true;
  byId("another").hidden = run.state !== "stopped";
}

function ask(open) {
  byId("stop-ask").hidden = !open;
  byId("stop").hidden = open;
  clearTimeout(guard);
  byId("stop-now").disabled = open;
  if (open) guard = setTimeout(answers, SECONDS_OF_A_DOUBLE_CLICK * 1000);
}

// From now on, a press is an answer.
function answers() {
  byId("stop-now").disabled = false;
  if (document.activeElement === byId("stop-ask")) byId("stop-now").focus();
}

async function stop() {
  sent = runId;
  ask(false);
  byId("stop").hidden = true;
  complain("");
  // Locust answers when the clean-up is over; the news tell of it meanwhile. No answer is then no reason to worry.
  const answer = await fetch("./stop", { method: "POST" }).catch(() => null);
  if (answer && (!answer.ok || answer.redirected)) {
    sent = "";
    const { message } = await answer.json().catch(() => ({}));
    complain(`The run was not stopped: ${message ?? `Locust answered ${answer.status}`}`);
  }
}

function complain(words) {
  byId("stop-failed").textContent = words;
  byId("stop-failed").hidden = words === "";
}

byId("stop").addEventListener("click", () => {
  ask(true);
  byId("stop-ask").focus(); // which hears Escape at once
});
byId("stop-now").addEventListener("click", stop);
byId("stop-not").addEventListener("click", goOn);
byId("stop-ask").addEventListener("keydown", (event) => event.key === "Escape" && goOn());

function goOn() {
  ask(false);
  byId("stop").focus();
}
