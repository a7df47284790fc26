"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = "";
  const paint = () => {
    const theme = chosen || (dark.matches ? "dark" : "light");
    root.dataset.theme = theme;
    byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
  };
  byId("theme").addEventListener("click", () => { chosen = root.dataset.theme === "dark" ? "light" : "dark"; paint(); });
  dark.addEventListener("change", paint);
  paint();
  byId("written").textContent = new Date(document.lastModified).toLocaleString();

  const body = byId("matrix").tBodies[0];
  const parts = [...document.querySelectorAll("main > details[data-name]")];
  const show = () => {
    const text = byId("search").value.trim().toLowerCase();
    const state = byId("state").value;
    let shown = 0;
    const fits = (element) => element.dataset.name.toLowerCase().includes(text)
      && (!state || element.dataset.states.split(" ").includes(state));
    for (const row of body.rows) { row.hidden = !fits(row); shown += row.hidden ? 0 : 1; }
    for (const part of parts) { part.hidden = !fits(part); }
    byId("shown").textContent = `${shown} of ${body.rows.length} tables`;
  };
  byId("search").addEventListener("input", show);
  byId("state").addEventListener("change", show);
  show();

  const heads = [...byId("matrix").tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.key;
    const rows = [...body.rows].sort((one, other) => key(one).localeCompare(key(other), "en", { numeric: column > 0 }));
    body.append(...(descending ? rows.reverse() : rows));
  }));

  const open = () => {
    const part = byId(decodeURIComponent(location.hash.slice(1)));
    if (part && part.tagName === "DETAILS") { part.open = true; part.scrollIntoView(); }
  };
  window.addEventListener("hashchange", open);
  open();
  byId("all").addEventListener("click", () => {
    const any = parts.some((part) => !part.hidden && !part.open);
    for (const part of parts) { if (!part.hidden) { part.open = any; } }
  });
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) { each.open = true; }
  });
  window.addEventListener("afterprint", () => { for (const each of closed) { each.open = false; } });
})();
