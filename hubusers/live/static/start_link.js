// In Locust's own form: what its START runs, the check of the hub while it goes on, and a link to the start form, which
// has more. Locust's page now and then redraws itself in the browser, so all of it is put back.
"use strict";

{
  const words = document.createElement("p");
  words.id = "hub-start-link";
  words.style.cssText = "margin: 8px 0 16px; font: 400 1rem/1.5 Roboto, Helvetica, Arial, sans-serif";

  const place = () => {
    const heading = [...document.querySelectorAll("h2")].find((each) => each.textContent === "Start new load test");
    if (heading && heading.nextElementSibling !== words) heading.after(words);
  };

  const link = document.createElement("a");
  link.href = "./hub/start";
  link.style.color = "inherit";

  words.role = "status";

  const say = ({ busy, doing, event }) => {
    let before = event ? `START rehearses the event “${event}”. See ` : "More to choose from: ";
    let leadsTo = event ? "its plan, other events, and all options" : "events, user classes, and all options";
    if (busy) [before, leadsTo] = [`${doing} … The run begins after that. `, "Follow or stop this check"];
    if (words.textContent === `${before}${leadsTo}.`) return;
    link.textContent = leadsTo;
    words.replaceChildren(before, link, ".");
  };

  const look = async () => {
    const answer = words.isConnected && !document.hidden ? await fetch("./hub/start/state").catch(() => null) : null;
    if (answer?.ok) say(await answer.json().catch(() => ({}))); // otherwise the link alone does
    setTimeout(look, 1000);
  };

  say({});
  new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
  place();
  look();
}
