// The tab "Hub" in Locust's own page: after its tabs, or before a run in its bar at the top, or in the lower right corner
// if a new Locust has neither. Locust's page now and then redraws itself in the browser, so the tab is put back.
"use strict";

const link = document.createElement("a");
link.id = "hub-link";
link.href = "./hub";
link.textContent = "Hub";

function place() {
  const tabs = document.querySelector("main [role=tablist]");
  const logo = document.querySelector("header a:not(#hub-link)");
  if (tabs?.firstElementChild && tabs.firstElementChild !== link) {
    // The classes of another tab are its look, in light and dark; those that begin with Mui- are its state.
    const className = [...tabs.firstElementChild.classList].filter((name) => !name.startsWith("Mui-")).join(" ");
    if (tabs.lastElementChild !== link) tabs.append(link);
    look({ className, role: "tab" });
  } else if (logo) {
    if (logo.nextElementSibling !== link) logo.after(link);
    look({ style: `${TEXT}; padding: 12px 16px; margin-right: auto; color: inherit; text-transform: uppercase` });
  } else if (document.readyState === "complete") {
    if (link.parentNode !== document.body) document.body.append(link);
    look({ style: `${TEXT}; padding: 8px 16px; border-radius: 4px; color: white; background: #15803d; ${CORNER}` });
  }
}

const TEXT = "font: 500 0.875rem Roboto, Helvetica, Arial, sans-serif; text-decoration: none";
const CORNER = "position: fixed; right: 16px; bottom: 16px; z-index: 10000";

// Changes nothing that is right already: each change calls place again.
function look({ className = "", role = null, style = "" }) {
  if (link.className !== className) link.className = className;
  if (link.role !== role) link.role = role;
  if (link.dataset.style !== style) link.style.cssText = link.dataset.style = style;
}

const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] };
new MutationObserver(place).observe(document.body, changes);
addEventListener("load", place);
place();
