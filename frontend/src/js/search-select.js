/**
 * <search-select data-url data-text><input name=…></search-select>: the input keeps the value and is hidden;
 * a combobox (ARIA 1.2, list autocomplete) finds values: data-url answers ?q= with
 * {results: [{value, text, note?}]}. Without this script the input is a plain one.
 */
class SearchSelect extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.kept = this.querySelector("input");
    this.box = this.makeBox();
    this.list = Object.assign(document.createElement("ul"), { className: "options", id: `${this.box.id}-list`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.label?.textContent.replace("*", "").trim() ?? "");
    this.status = Object.assign(document.createElement("span"), { className: "visually-hidden" });
    this.status.setAttribute("role", "status");
    this.box.setAttribute("aria-controls", this.list.id);
    this.append(this.box, this.list, this.status);
    this.box.addEventListener("input", () => this.typed());
    this.box.addEventListener("focus", () => this.box.select());
    this.box.addEventListener("click", () => this.list.hidden && this.load());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.box.addEventListener("blur", () => setTimeout(() => this.leave()));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
    this.kept.form?.addEventListener("reset", () => setTimeout(() => (this.box.value = this.shown)));
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.request?.abort();
  }

  makeBox() {
    const { kept } = this;
    const box = document.createElement("input");
    Object.assign(box, { type: "text", id: `${kept.id || kept.name}-search`, autocomplete: "off", spellcheck: false, maxLength: 80 });
    box.placeholder = this.dataset.hint ?? "";
    box.required = kept.required;
    box.disabled = kept.disabled;
    box.dir = "auto";
    for (const name of ["aria-invalid", "aria-describedby"]) {
      if (kept.hasAttribute(name)) box.setAttribute(name, kept.getAttribute(name));
    }
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-expanded", "false");
    this.label = kept.id ? document.querySelector(`label[for="${CSS.escape(kept.id)}"]`) : null;
    if (this.label) this.label.htmlFor = box.id;
    this.shown = kept.value ? this.dataset.text || kept.value : "";
    box.value = this.shown;
    kept.type = "hidden";
    kept.required = false;
    return box;
  }

  typed() {
    // What no longer names the value no longer stands for it.
    if (this.box.value !== this.shown) this.keep("", "");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(this.box.value), 200);
  }

  async load(q = "") {
    this.request?.abort();
    this.request = new AbortController();
    const url = new URL(this.dataset.url, location.href);
    url.searchParams.set("q", q);
    try {
      const answer = await fetch(url, { signal: this.request.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      this.show((await answer.json()).results);
    } catch (error) {
      if (error.name !== "AbortError") this.show([]);
    }
  }

  show(results) {
    this.list.replaceChildren(...results.map((one, index) => this.option(one, index)));
    if (!results.length) {
      const hint = Object.assign(document.createElement("li"), { className: "options-hint", textContent: this.dataset.none });
      hint.setAttribute("role", "option");
      hint.setAttribute("aria-disabled", "true");
      this.list.append(hint);
    }
    this.status.textContent = results.length ? `${results.length} ${this.dataset.found ?? ""}` : this.dataset.none;
    this.toggle(document.activeElement === this.box);
    this.mark(-1);
  }

  option(one, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.value = one.value;
    item.dataset.text = one.text;
    item.append(Object.assign(document.createElement("span"), { textContent: one.text }));
    if (one.note) item.append(Object.assign(document.createElement("small"), { textContent: one.note }));
    return item;
  }

  get found() {
    return [...this.list.querySelectorAll("[data-value]")];
  }

  toggle(open) {
    this.list.hidden = !open;
    this.box.setAttribute("aria-expanded", String(open));
    if (!open) this.box.removeAttribute("aria-activedescendant");
  }

  mark(index) {
    this.at = index;
    this.found.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = this.found[index];
    if (!option) return this.box.removeAttribute("aria-activedescendant");
    this.box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    const { length } = this.found;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) return this.load();
      if (length) this.mark((this.at + (event.key === "ArrowDown" ? 1 : this.at < 0 ? length : length - 1)) % length);
    } else if (event.key === "Enter" && !this.list.hidden) {
      event.preventDefault();
      if (this.found[this.at]) this.choose(this.found[this.at]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.toggle(false);
    }
  }

  choose(option) {
    this.keep(option.dataset.value, option.dataset.text);
    this.box.value = this.shown;
    this.toggle(false);
  }

  keep(value, text) {
    this.shown = text;
    if (this.kept.value === value) return;
    this.kept.value = value;
    this.kept.dispatchEvent(new Event("change", { bubbles: true }));
  }

  leave() {
    if (document.activeElement === this.box) return;
    clearTimeout(this.timer);
    this.toggle(false);
    if (!this.kept.value) this.box.value = "";
  }
}

customElements.define("search-select", SearchSelect);
