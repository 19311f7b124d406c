import "htmx.org";

const root = document.documentElement;

// Filters submit as they change; without scripts the form's button does it.
root.classList.add("js");

// The selected row of a ranking follows the panel that it fills. The row's link
// is for the keyboard, for a new tab and for a page without scripts.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-row]");
  if (!row) return;
  if (event.target.closest("a") && !(event.ctrlKey || event.metaKey || event.shiftKey)) event.preventDefault();
  row.parentElement.querySelector("tr[aria-selected=true]")?.setAttribute("aria-selected", "false");
  row.setAttribute("aria-selected", "true");
});

// Where the panel is below the table, go to it.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail?.ctx?.target;
  const panel = target instanceof Element && target.closest("[data-reveal]");
  if (panel && matchMedia("(max-width: 1100px)").matches) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    panel.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
});

// A failed request leaves the page as it is (see noSwap in the shells) and says so.
for (const name of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(name, () => {
    const notice = document.querySelector("[data-failure]");
    if (!notice) return;
    notice.hidden = false;
    clearTimeout(notice.timer);
    notice.timer = setTimeout(() => (notice.hidden = true), 6000);
  });
}

// A menu closes on Escape and on a click elsewhere.
const openMenus = () => document.querySelectorAll("details[data-menu][open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A menu in a table that scrolls stands above the table, not in it.
function placeMenu(details) {
  const menu = details.querySelector(".menu");
  if (matchMedia("(max-width: 760px)").matches) return menu.removeAttribute("style");
  const button = details.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = button.bottom + height + 12 < innerHeight;
  const start = getComputedStyle(details).direction === "rtl" ? button.left : button.right - width;
  Object.assign(menu.style, { position: "fixed", inset: "auto", left: `${start}px`, top: `${below ? button.bottom + 4 : button.top - height - 4}px` });
}
const placeMenus = () => document.querySelectorAll(".acts > .menu-button[open]").forEach(placeMenu);
for (const name of ["toggle", "scroll"]) document.addEventListener(name, placeMenus, true);

// Groups of places stay as they were left.
for (const group of document.querySelectorAll("[data-remembers]")) {
  const name = `nav:${group.dataset.remembers}`;
  const kept = localStorage.getItem(name);
  if (kept && !group.querySelector("[aria-current]")) group.open = kept === "open";
  group.addEventListener("toggle", () => localStorage.setItem(name, group.open ? "open" : "closed"));
}

// On a narrow screen the navigation unfolds below its button.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toggles]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.dataset.toggles).classList.toggle("is-open", open);
});

// A select that chooses what the page shows goes there at once.
document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-submits]") && event.target.form;
  if (!form) return;
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
});

// What is to be signed on paper.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) window.print();
});

// A dialog opens by its opener; where the browser knows none, the opener's link leads to a page.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (!dialog?.showModal) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
    return;
  }
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  else if (event.target.matches("dialog[open]") && outside(event.target, event)) event.target.close();
});

function outside(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// What must be typed to confirm arms the button.
function arm(input) {
  const ready = input.value.trim() === input.dataset.typed;
  for (const button of input.form.querySelectorAll("[type=submit]")) button.disabled = !ready;
}
document.addEventListener("input", (event) => event.target.matches("[data-typed]") && arm(event.target));

// A form is sent once: its buttons rest until the answer, or until one comes back to the page.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => (event.defaultPrevented && !form.matches("[hx-post],[hx-get]") ? rest(form, false) : rest(form, true)));
}, true);

function rest(form, resting) {
  if (!resting) delete form.dataset.sent;
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.disabled = resting;
    button.toggleAttribute("aria-busy", false);
    button.querySelector(".spinner")?.remove();
  }
  const main = resting && (form.querySelector(".btn-main, .btn-danger") ?? form.querySelector("button:not([type=button])"));
  if (!main) return;
  main.setAttribute("aria-busy", "true");
  main.prepend(Object.assign(document.createElement("span"), { className: "spinner" }));
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-sent]")) rest(form, false);
});
document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-sent]");
  if (form) rest(form, false);
});

// What just came into the page: a form's problems take the focus, toasts leave, passwords can be shown.
function settle(root) {
  root.querySelector("[data-focus]")?.focus();
  for (const input of root.querySelectorAll("[data-typed]")) arm(input);
  for (const button of root.querySelectorAll("[data-password] .peek")) button.hidden = false;
  for (const toast of root.querySelectorAll("[data-toast]")) setTimeout(() => toast.remove(), 6000);
}
settle(document);
document.addEventListener("htmx:after:swap", () => settle(document));

document.addEventListener("click", (event) => {
  const peek = event.target.closest(".peek");
  if (!peek) return;
  const input = peek.parentElement.querySelector("input");
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  peek.setAttribute("aria-pressed", String(shown));
});

// A row that stands for its first link.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr.linked");
  if (!row || event.target.closest("a, button, input, select, label, summary, form") || String(getSelection())) return;
  const link = row.querySelector("a[href]");
  if (link && (event.ctrlKey || event.metaKey)) open(link.href, "_blank", "noopener");
  else link?.click();
});

// A file that is chosen or dropped is named.
document.addEventListener("change", (event) => {
  const drop = event.target.closest("[data-drop]");
  if (!drop) return;
  const names = [...event.target.files].map((file) => `${file.name} · ${size(file.size)}`);
  drop.querySelector("[data-drop-name]").textContent = names.join(", ");
});
const size = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.target.closest?.("[data-drop]")?.classList.toggle("is-over", name === "dragenter" || name === "dragover");
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await copy(button.dataset.copy);
  const label = button.querySelector("span");
  const before = (button.before ??= label.textContent);
  label.textContent = button.dataset.copied;
  button.classList.add("is-done");
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = before;
    button.classList.remove("is-done");
  }, 2500);
});

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Addresses without TLS have no clipboard of their own.
  const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// Help comes beside the page and gives the focus back.
let helpOpener = null;
const helpPanel = () => document.getElementById("help-panel");
function closeHelp() {
  const panel = helpPanel();
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  helpOpener?.focus();
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-help]");
  const panel = helpPanel();
  if (opener && panel) {
    helpOpener = opener;
    panel.hidden = false;
    panel.focus();
  } else if (event.target.closest("[data-help-close]")) closeHelp();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && closeHelp());

// The tree of departments by arrow keys, as in a file manager.
document.addEventListener("keydown", (event) => {
  const tree = event.target.closest?.("[data-tree]");
  if (!tree || !["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  const item = event.target.closest("li");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const stops = [...tree.querySelectorAll("a.tree-name, summary")].filter((one) => one.offsetParent);
    stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    return;
  }
  const details = item.querySelector(":scope > details");
  const opens = (event.key === "ArrowRight") !== (getComputedStyle(tree).direction === "rtl");
  if (details && details.open !== opens) details.open = opens;
  else if (!opens) item.parentElement.closest("li")?.querySelector("a.tree-name, summary")?.focus();
});

// What is asked of a new password, ticked off while it is typed; the server looks again, and further.
function rulesMet(list) {
  const [password, again] = ["password", "again"].map((name) => list.closest("form").elements[name].value);
  const plain = password.toLowerCase();
  const own = list.dataset.own.toLowerCase().split(/\s+/).filter((word) => word.length > 2);
  return {
    length: [...password].length >= Number(list.dataset.least),
    letters: password !== "" && !/^\d+$/.test(password),
    own: password !== "" && !own.some((word) => plain.includes(word)),
    same: password !== "" && password === again,
  };
}
document.addEventListener("input", (event) => {
  const list = event.target.form?.querySelector("[data-password-rules]");
  if (!list || !["password", "again"].includes(event.target.name)) return;
  for (const [rule, met] of Object.entries(rulesMet(list))) {
    list.querySelector(`[data-rule=${rule}]`).classList.toggle("is-met", met);
  }
});

// The demonstration's accounts fill the sign-in form.
document.addEventListener("click", (event) => {
  const account = event.target.closest("[data-username]");
  const form = account && document.querySelector("[data-sign-in]");
  if (!form) return;
  form.elements.username.value = account.dataset.username;
  form.elements.password.value = account.dataset.password;
  form.querySelector("[type=submit]").focus();
});

if ("serviceWorker" in navigator && root.dataset.worker) {
  navigator.serviceWorker.register(root.dataset.worker);
}

// Fields that only some choice asks for: data-when="name=value …" shows them while one of these is chosen.
function suit(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").some((one) => {
      const [name, value] = one.split("=");
      return new FormData(form).get(name) === value;
    });
  }
}
function suitAll() {
  for (const form of document.querySelectorAll("form")) if (form.querySelector("[data-when]")) suit(form);
}
suitAll();
document.addEventListener("htmx:after:swap", suitAll);
document.addEventListener("change", (event) => event.target.form?.querySelector("[data-when]") && suit(event.target.form));

// One box chooses all of a form's, and a number beside the buttons says how many are chosen.
document.addEventListener("change", (event) => {
  const { form, dataset } = event.target;
  if (!form || event.target.type !== "checkbox") return;
  const name = dataset.all ?? event.target.name;
  const boxes = [...form.querySelectorAll(`input[type=checkbox][name="${name}"]`)];
  if (dataset.all) for (const box of boxes) if (!box.closest("[hidden]")) box.checked = event.target.checked;
  const told = form.querySelector(`[data-chosen="${name}"] b`);
  if (told) told.textContent = boxes.filter((box) => box.checked).length;
});

// A long list of choices: what is typed above it narrows it.
function narrows() {
  for (const tools of document.querySelectorAll("[data-narrows]")) tools.hidden = false;
}
narrows();
document.addEventListener("htmx:after:swap", narrows);
document.addEventListener("input", (event) => {
  const tools = event.target.type === "search" && event.target.closest("[data-narrows]");
  if (!tools) return;
  const wanted = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const one of tools.nextElementSibling.children) {
    one.hidden = !one.textContent.toLowerCase().includes(wanted);
    shown += !one.hidden;
  }
  tools.querySelector("[data-all]").checked = false;
  tools.querySelector("[data-none]").hidden = shown > 0;
});

// What is chosen in a row that scrolls is in its middle.
for (const one of document.querySelectorAll("[data-centred]")) one.scrollIntoView({ inline: "center", block: "nearest" });
