// Light or dark, as Locust's own switch left it in localStorage.theme, or else as the system has it. Loaded before the
// page is drawn, so that a dark page does not begin with a white flash.
"use strict";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return localStorage.theme === "dark" || (!("theme" in localStorage) && systemIsDark.matches);
}

function showTheme() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  dispatchEvent(new Event("themechange"));
}

showTheme();
systemIsDark.addEventListener("change", showTheme);
addEventListener("storage", showTheme); // the switch was used in another tab
addEventListener("pageshow", showTheme); // or on the page that the browser comes back from
