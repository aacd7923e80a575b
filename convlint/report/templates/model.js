"use strict";
for (const section of document.querySelectorAll("section")) {
  const svg = section.querySelector("svg"), stage = section.querySelector(".stage");
  const data = JSON.parse(section.querySelector(".data").textContent);
  const boxes = [...svg.querySelectorAll(".box")], edges = [...svg.querySelectorAll(".edge")];
  const width = +svg.dataset.width, height = +svg.dataset.height;
  const details = section.querySelector(".details");
  const view = { x: 0, y: 0, scale: 1 };  // the upper left corner in the picture's units, and pixels for each of them

  const size = () => ({ width: stage.clientWidth || 800, height: stage.clientHeight || 600 });
  const draw = () => {
    const pixels = size();
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${pixels.width / view.scale} ${pixels.height / view.scale}`);
    svg.setAttribute("preserveAspectRatio", "xMinYMin meet");
  };
  const look = (x, y, scale) => {
    const pixels = size();
    view.scale = Math.min(Math.max(scale, 0.01), 8);
    view.x = x - pixels.width / view.scale / 2;
    view.y = y - pixels.height / view.scale / 2;
    draw();
  };
  const zoom = (factor, x, y) => {
    const pixels = size(), before = view.scale;
    if (x === undefined) { x = pixels.width / 2; y = pixels.height / 2; }
    view.scale = Math.min(Math.max(before * factor, 0.01), 8);
    view.x += x / before - x / view.scale;
    view.y += y / before - y / view.scale;
    draw();
  };
  const whole = () => {
    const pixels = size();
    look(width / 2, height / 2, Math.min(pixels.width / (width + 40), pixels.height / (height + 40), 1.5));
  };
  const plain = () => {  // readable at once: the full width where that is large enough, from the top
    const pixels = size(), scale = Math.min(Math.max(pixels.width / (width + 40), 0.7), 1.2);
    const centre = boxes.length ? middle(boxes[0])[0] : width / 2;
    look(width * scale < pixels.width ? width / 2 : centre, pixels.height / scale / 2 - 20, scale);
  };
  const middle = (box) => {
    const [x, y] = box.getAttribute("transform").match(/[-\d.]+/g).map(Number);
    const rect = box.firstElementChild;
    return [x + rect.getAttribute("width") / 2, y + rect.getAttribute("height") / 2];
  };
  const element = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const choose = (index, move) => {
    for (const other of svg.querySelectorAll(".chosen")) other.classList.remove("chosen");
    const box = boxes[index], facts = data.details[index];
    box.classList.add("chosen");
    data.edges.forEach(([source, target], number) => edges[number].classList.toggle("chosen", source === index || target === index));
    details.replaceChildren(element("h2", facts.name));
    const table = element("table");
    for (const [word, value] of facts.facts) {
      const row = element("tr");
      row.append(element("td", word, "facts"), element("td", value, "mono"));
      table.append(row);
    }
    details.append(table);
    if (facts.opens !== undefined) {
      const inside = element("button", "what is inside", "inside");
      inside.type = "button";
      inside.addEventListener("click", () => open(facts.opens));
      details.append(inside);
    }
    for (const [number, line] of facts.code) details.append(element("pre", `${number}  ${line}`, "code"));
    for (const text of facts.findings) details.append(element("p", text, text.split(" ")[0]));
    if (move) look(...middle(box), Math.max(view.scale, 0.8));
  };

  svg.addEventListener("click", (event) => {
    const box = event.target.closest(".box");
    if (box && !moved) choose(+box.dataset.box, false);
  });
  svg.addEventListener("dblclick", (event) => {
    const box = event.target.closest(".box"), inside = box && data.details[+box.dataset.box].opens;
    if (inside) open(inside);
  });
  svg.addEventListener("keydown", (event) => {
    const box = event.target.closest(".box");
    if (box && (event.key === "Enter" || event.key === " ")) { choose(+box.dataset.box, false); event.preventDefault(); }
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const place = stage.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey || !event.shiftKey) zoom(Math.exp(-event.deltaY / 500), event.clientX - place.left, event.clientY - place.top);
    else { view.x += event.deltaY / view.scale; draw(); }
  }, { passive: false });
  let from = null, moved = false;
  stage.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; moved = false; });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    stage.classList.add("moving");
    view.x -= dx / view.scale;
    view.y -= dy / view.scale;
    from = [event.clientX, event.clientY];
    draw();
  });
  window.addEventListener("pointerup", () => { from = null; stage.classList.remove("moving"); });
  section.querySelector(".in").addEventListener("click", () => zoom(1.3));
  section.querySelector(".out").addEventListener("click", () => zoom(1 / 1.3));
  section.querySelector(".whole").addEventListener("click", whole);
  section.querySelector(".plain").addEventListener("click", plain);
  const faults = boxes.filter((box) => box.matches(".error, .warning"));
  let shown = -1;
  section.querySelector(".fault-button").addEventListener("click", () => {
    if (faults.length) choose(+faults[shown = (shown + 1) % faults.length].dataset.box, true);
  });
  for (const button of section.querySelectorAll(".finding .show"))
    button.addEventListener("click", () => choose(+button.parentElement.dataset.box, true));
  for (const row of section.querySelectorAll(".layers tbody tr"))
    row.addEventListener("click", () => {
      const index = data.details.findIndex((facts) => facts.name === row.dataset.name);
      if (index >= 0) choose(index, true);
    });
  section.querySelector(".search").addEventListener("input", (event) => {
    const word = event.target.value.toLowerCase();
    let first = -1;
    boxes.forEach((box, index) => {
      const fits = !word || box.textContent.toLowerCase().includes(word);
      box.classList.toggle("dimmed", !fits);
      if (fits && word && first < 0) first = index;
    });
    if (first >= 0) look(...middle(boxes[first]), Math.max(view.scale, 0.8));
  });
  section.begin = () => {
    if (faults.length) { plain(); choose(+faults[0].dataset.box, true); } else plain();
  };
}
const sections = [...document.querySelectorAll("section")], tabs = [...document.querySelectorAll("nav button")];
const open = (index) => {
  sections.forEach((section, other) => { section.hidden = other !== index; });
  tabs.forEach((tab, other) => tab.classList.toggle("chosen", other === index));
  sections[index].begin();
};
tabs.forEach((tab, index) => tab.addEventListener("click", () => open(index)));
open(0);
