// For pages beside the page Hub: who reads them has not gone. With --autoquit, Locust stays for those who look (news.js).
"use strict";

const lookUrl = new URL("../look?again=60", document.currentScript.src);

function lookOn() {
  fetch(lookUrl).catch(() => {});
}

lookOn();
setInterval(lookOn, 60_000);
