"use strict";
/* What is marked is read anew every few seconds: not under the focus, not in a hidden window, and never away. */
(() => {
  const parts = () => ["top", "rows"].map((id) => document.getElementById(id)).filter(Boolean);
  const isBusy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
  let readAt = Date.now();

  const tellAge = () => {
    const told = document.getElementById("stale");
    const minutes = Math.floor((Date.now() - readAt) / 60000);
    if (!told) return;
    told.querySelector("strong").textContent = `This page is ${minutes < 1 ? "less than a minute" : `${minutes} min`} old.`;
    told.hidden = false;
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden || parts().some(isBusy)) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 200 && event.detail.xhr.responseText.includes('id="rows"')) return;
    event.detail.shouldSwap = false;
    tellAge();
  });
  document.addEventListener("htmx:afterSwap", () => {
    readAt = Date.now();
    const told = document.getElementById("stale");
    if (told) told.hidden = true;
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, tellAge);
})();
