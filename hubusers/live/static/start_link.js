// In Locust's own form: what its START runs, and a link to the start form, which has more. Locust's page now and then
// redraws itself in the browser, so both are put back.
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

  const say = (event) => {
    link.textContent = event ? "its plan, other events, and all options" : "events, user classes, and all options";
    words.replaceChildren(event ? `START rehearses the event “${event}”. See ` : "More to choose from: ", link, ".");
  };

  say("");
  fetch("./hub/start/state")
    .then((answer) => answer.json())
    .then((state) => say(state.event))
    .catch(() => {}); // then the link alone does
  new MutationObserver(place).observe(document.body, { childList: true, subtree: true });
  place();
}
