/**
 * The draft of a scheme, live: it saves itself, draws curves anew while one types or drags a mark, shares out weights
 * by dragging the borders of their bar, and moves seasons on the year's strip. Without this script buttons do the same.
 */
const form = document.querySelector("[data-scheme-editor]");
const round = (value, step) => Number((Math.round(value / step) * step).toFixed(8));

// Saving: one request after the other, each with what is typed by then.
let waiting = null;
let chain = Promise.resolve();
let unsaved = 0;

function send(action) {
  const data = new FormData(form);
  data.set("do", action);
  return fetch(form.action || location.href, { method: "POST", body: data, headers: { "HX-Request": "true" } });
}

async function page(action) {
  const answer = await send(action);
  if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function replace(id, from) {
  const [old, fresh] = [document.getElementById(id), from.getElementById(id)];
  if (!old || !fresh) return;
  const open = new Map([...document.querySelectorAll("details[data-keeps][id]")].map((one) => [one.id, one.open]));
  const focused = document.activeElement?.id;
  old.replaceWith(fresh);
  for (const one of fresh.querySelectorAll("details[data-keeps][id]")) if (open.has(one.id)) one.open = open.get(one.id);
  if (focused && !document.getElementById(focused)?.matches(":focus")) document.getElementById(focused)?.focus();
}

function save(...parts) {
  clearTimeout(waiting?.timer);
  waiting = { parts: new Set([...(waiting?.parts ?? []), ...parts]), timer: setTimeout(flush, 500) };
}

function flush() {
  clearTimeout(waiting?.timer);
  const parts = waiting?.parts;
  waiting = null;
  if (!parts) return chain;
  unsaved += 1;
  chain = chain.then(async () => {
    try {
      const fresh = await page("live");
      for (const id of ["live", ...parts]) replace(id, fresh);
      bar();
    } catch {
      document.querySelector(".live-state")?.classList.add("is-off");
    } finally {
      unsaved -= 1;
    }
  });
  return chain;
}

// A step is taken with what is typed: the button waits until it is kept, and does nothing where it was not.
document.addEventListener("submit", async (event) => {
  if (event.target === form || !(waiting || unsaved)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await flush();
  if (!document.querySelector(".live-state.is-off")) event.target.requestSubmit(event.submitter);
}, { capture: true });

form.addEventListener("change", (event) => {
  const part = event.target.closest("[data-item], .scheme-part, #grades, #bonus");
  if (event.target.matches("[data-kind], .part-indicator select") && part) save(part.id);
  else if (event.target.matches("[data-weight]")) save();
  else if (event.target.id !== "new-item") save();
  const table = event.target.closest("[data-rows]");
  if (table) spare(table);
});

// A table always has an empty row at its end.
function spare(table) {
  const last = table.tBodies[0].lastElementChild;
  if (!last || ![...last.querySelectorAll("input")].some((one) => one.value)) return;
  const row = last.cloneNode(true);
  for (const one of row.querySelectorAll("[name]")) {
    one.name = one.name.replace(/-(\d+)-(\w+)$/, (_, index, name) => `-${Number(index) + 1}-${name}`);
    one.id = one.name;
    if (one.matches("input")) one.value = "";
  }
  last.after(row);
}

// Curves
const drawing = new Map();

function draw(index) {
  const figure = form.querySelector(`[data-curve="${index}"]`);
  const state = drawing.get(index) ?? { running: false, again: false };
  drawing.set(index, state);
  if (state.running) return void (state.again = true);
  state.running = true;
  requestAnimationFrame(async () => {
    const data = new FormData(form);
    data.set("do", `draw:${index}`);
    if (figure.frame) {
      data.set("frame-low", figure.frame.low);
      data.set("frame-high", figure.frame.high);
    }
    try {
      const answer = await fetch(form.action || location.href, { method: "POST", body: data, headers: { "HX-Request": "true" } });
      if (answer.ok) figure.querySelector(".curve-drawing").innerHTML = await answer.text();
    } finally {
      state.running = false;
      if (state.again) {
        state.again = false;
        draw(index);
      }
    }
  });
}

form.addEventListener("input", (event) => {
  const item = event.target.closest("[data-item]");
  if (item && event.target.closest(".draft-item-fields")) draw(item.dataset.item);
  if (event.target.matches("[data-weight]")) bar();
});

form.addEventListener("pointerdown", (event) => {
  const mark = event.target.closest("[data-mark]");
  if (!mark) return;
  event.preventDefault();
  const figure = mark.closest("[data-curve]");
  const svg = mark.closest("svg");
  const input = document.getElementById(`items-${figure.dataset.curve}-curve-${mark.dataset.mark}`);
  if (!input) return;
  const { low, high, step, scale } = svg.dataset;
  figure.frame = { low, high };
  figure.setPointerCapture(event.pointerId);
  figure.classList.add("is-dragging");
  const box = svg.getBoundingClientRect();
  const move = (at) => {
    const x = ((at.clientX - box.left) / box.width) * 472 - 6;
    const share = Math.min(1, Math.max(0, x / 460));
    const value = round(Number(low) + share * (Number(high) - Number(low)), Number(step));
    input.value = String(round(value * Number(scale), Number(step) * Number(scale)));
    draw(figure.dataset.curve);
  };
  const stop = () => {
    figure.removeEventListener("pointermove", move);
    figure.classList.remove("is-dragging");
    figure.frame = null;
    draw(figure.dataset.curve);
    save();
  };
  figure.addEventListener("pointermove", move);
  figure.addEventListener("pointerup", stop, { once: true });
  figure.addEventListener("pointercancel", stop, { once: true });
});

// The weight bar
const weightBar = form.querySelector("[data-weight-bar]");
const inputs = () => [...form.querySelectorAll("[data-weight]")];
const weightOf = (input) => Math.max(0, Number.parseFloat(input.value) || 0);

function bar() {
  const all = inputs();
  const weights = all.map(weightOf);
  const sum = round(weights.reduce((one, other) => one + other, 0), 0.01);
  const shown = form.querySelector("[data-sum]");
  shown.textContent = `${sum}%`;
  shown.classList.toggle("is-off", sum !== 100);
  const whole = Math.max(sum, 100);
  const rects = weightBar.querySelectorAll("rect");
  let x = 0;
  weightBar.querySelectorAll("button").forEach((one) => !one.matches(".is-dragged") && one.remove());
  weights.forEach((weight, index) => {
    const width = (weight / whole) * 100;
    rects[index]?.setAttribute("x", x);
    rects[index]?.setAttribute("width", width);
    x += width;
    if (index < weights.length - 1) handle(index, x);
  });
}

function handle(index, x) {
  const dragged = weightBar.querySelector(`.is-dragged[data-border="${index}"]`);
  const button = dragged ?? document.createElement("button");
  button.style.insetInlineStart = `calc(4px + (100% - 8px) * ${x / 100})`;
  const [one, other] = inputs().slice(index, index + 2);
  const name = (input) => input.closest(".draft-item").querySelector(".draft-item-name").textContent;
  button.setAttribute("aria-label", `${name(one)} ${one.value}% | ${name(other)} ${other.value}%`);
  if (dragged) return;
  Object.assign(button, { type: "button", className: "weight-handle" });
  button.dataset.border = index;
  weightBar.append(button);
  button.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    shift(one, other, by);
    weightBar.querySelector(`[data-border="${index}"]`)?.focus();
    save();
  });
  button.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    button.setPointerCapture(event.pointerId);
    button.classList.add("is-dragged");
    const [first, second] = [weightOf(one), weightOf(other)];
    const width = weightBar.querySelector("svg").getBoundingClientRect().width;
    const way = getComputedStyle(weightBar).direction === "rtl" ? -1 : 1;
    const whole = Math.max(100, inputs().reduce((sum, input) => sum + weightOf(input), 0));
    const move = (at) => {
      const by = Math.round(((at.clientX - event.clientX) / width) * whole * way);
      const kept = Math.min(Math.max(by, -first), second);
      one.value = String(round(first + kept, 0.01));
      other.value = String(round(second - kept, 0.01));
      bar();
    };
    const stop = () => {
      button.removeEventListener("pointermove", move);
      button.classList.remove("is-dragged");
      bar();
      save();
    };
    button.addEventListener("pointermove", move);
    button.addEventListener("pointerup", stop, { once: true });
    button.addEventListener("pointercancel", stop, { once: true });
  });
}

function shift(one, other, by) {
  const kept = Math.min(Math.max(by, -weightOf(one)), weightOf(other));
  one.value = String(round(weightOf(one) + kept, 0.01));
  other.value = String(round(weightOf(other) - kept, 0.01));
  bar();
}

// Seasons: drag a bar to another time, or its end to another length.
const strip = form.querySelector("[data-strip]");
strip?.querySelector("svg").addEventListener("pointerdown", (event) => {
  const rect = event.target.closest("[data-season]");
  if (!rect) return;
  event.preventDefault();
  const svg = rect.ownerSVGElement;
  svg.setPointerCapture(event.pointerId);
  const [start, until] = ["start", "until"].map((name) => document.getElementById(`seasons-${rect.dataset.season}-${name}`));
  const box = svg.getBoundingClientRect();
  const own = rect.getBoundingClientRect();
  const end = own.right - event.clientX < Math.min(10, own.width / 3);
  const [first, last] = [start, until].map((input) => Date.parse(input.value));
  if (Number.isNaN(first) || Number.isNaN(last)) return;
  const [x, width] = ["x", "width"].map((name) => Number(rect.getAttribute(name)));
  const day = 86_400_000;
  const text = (moment) => new Date(moment).toISOString().slice(0, 10);
  const move = (at) => {
    const days = Math.round(((at.clientX - event.clientX) / box.width) * 365);
    const share = (days / 365) * 100;
    if (end) {
      until.value = text(Math.max(first, last + days * day));
      rect.setAttribute("width", Math.max(0.3, width + share));
    } else {
      start.value = text(first + days * day);
      until.value = text(last + days * day);
      rect.setAttribute("x", x + share);
    }
  };
  const stop = () => {
    svg.removeEventListener("pointermove", move);
    save("seasons");
  };
  svg.addEventListener("pointermove", move);
  svg.addEventListener("pointerup", stop, { once: true });
  svg.addEventListener("pointercancel", stop, { once: true });
});

bar();
