"use strict";
const form = document.getElementById("filter");
const articles = Array.from(document.querySelectorAll("article"));

function filter() {
  const severities = new Set(Array.from(form.querySelectorAll("[name=severity]:checked"), box => box.value));
  const code = form.elements.code.value;
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const article of articles) {
    const file = article.parentElement.querySelector("h2").textContent;
    const text = (file + " " + article.textContent).toLowerCase();
    article.hidden = !severities.has(article.dataset.severity) || (code !== "" && code !== article.dataset.code)
      || !words.every(word => text.includes(word));
    shown += article.hidden ? 0 : 1;
  }
  for (const file of document.querySelectorAll("section.file"))
    file.hidden = !file.querySelector("article:not([hidden])");
  form.elements.shown.textContent = shown === articles.length ? "" : shown + " of " + articles.length + " shown";
}

function open_rule() {
  const rule = document.getElementById(location.hash.slice(1));
  if (rule instanceof HTMLDetailsElement) { rule.open = true; rule.scrollIntoView(); }
}

form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", open_rule);
form.hidden = false;
filter();
open_rule();
