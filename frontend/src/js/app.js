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
