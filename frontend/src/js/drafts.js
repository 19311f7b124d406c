// What is typed stays on this device until the server has it: a lost connection or a closed page loses nothing.
// <form data-draft="name" data-version>: restored when the page opens again and the server has nothing newer.

const SKIPPED = new Set(["csrfmiddlewaretoken", "version", "page", "act"]);
const key = (form) => `draft:${location.pathname}:${form.dataset.draft}`;

function typed(form) {
  return [...new FormData(form)].filter(([name, value]) => !SKIPPED.has(name) && typeof value === "string");
}

function keep(form) {
  try {
    localStorage.setItem(key(form), JSON.stringify({ version: form.dataset.version ?? "", fields: typed(form) }));
  } catch {
    // Storage is full or forbidden: the page itself still holds what was typed.
  }
}

const forget = (form) => localStorage.removeItem(key(form));

function fill(form, fields) {
  let changed = false;
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (!field || field.value === value) continue;
    field.value = value;
    changed = true;
  }
  return changed;
}

function restore(form) {
  const text = localStorage.getItem(key(form));
  if (!text || form.querySelector(".problem-list")) return;
  const { version, fields } = JSON.parse(text);
  if (version !== (form.dataset.version ?? "")) return forget(form);
  if (fill(form, fields) && form.dataset.restored) {
    const note = Object.assign(document.createElement("p"), { className: "draft-back", textContent: form.dataset.restored });
    note.setAttribute("role", "status");
    form.prepend(note);
  }
}

// A form that led to another page was received; on its own page its version tells.
const SENT = "drafts-sent";
const sent = sessionStorage.getItem(SENT);
if (sent && !sent.startsWith(`draft:${location.pathname}:`)) localStorage.removeItem(sent);
sessionStorage.removeItem(SENT);
document.addEventListener("submit", ({ target }) => target.matches("form[data-draft]") && sessionStorage.setItem(SENT, key(target)));

for (const form of document.querySelectorAll("form[data-draft]")) {
  restore(form);
  for (const name of ["input", "change"]) form.addEventListener(name, () => keep(form));
}

// The server has it: the answer to an autosaved draft says so.
document.addEventListener("htmx:after:swap", () => {
  for (const saved of document.querySelectorAll("[data-saved]")) {
    const form = saved.closest("form[data-draft]");
    if (!form) continue;
    form.dataset.version = saved.value;
    keep(form);
  }
});
// The keyboard: digits choose a level where one of them has the focus, Ctrl + Enter sends.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-keys]");
  if (!form) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.querySelector(".form-buttons .btn-main")?.click();
    return;
  }
  const cards = event.target.matches("input[type=radio]") && event.target.closest("[data-levels]");
  const wanted = cards && cards.querySelectorAll("input")[Number(event.key) - 1];
  if (!wanted) return;
  wanted.checked = true;
  wanted.focus();
  wanted.dispatchEvent(new Event("input", { bubbles: true }));
});
