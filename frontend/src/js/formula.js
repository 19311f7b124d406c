/**
 * <formula-input>: completes the word at the caret in the input within, from the list that its data-formula names
 * (value and, as label, what it is called): who types 首响 finds first_reply_ms. Without this script the browser's own
 * list serves.
 */
const WORD = /[\w\u3400-\u9fff]+$/;

class FormulaInput extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", (event) => event.target.matches("[data-formula]") && this.suggest());
    this.addEventListener("keydown", (event) => this.pressed(event));
    this.addEventListener("focusin", () => this.input?.removeAttribute("list"));
    this.addEventListener("focusout", () => setTimeout(() => this.contains(document.activeElement) || this.close()));
    this.addEventListener("mousedown", (event) => event.target.closest(".options") && event.preventDefault());
    this.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.insert(option.dataset.value);
    });
  }

  get input() {
    return this.querySelector("[data-formula]");
  }

  get options() {
    return [...(this.list?.querySelectorAll("[role=option]") ?? [])];
  }

  get word() {
    return WORD.exec(this.input.value.slice(0, this.input.selectionStart))?.[0] ?? "";
  }

  suggest() {
    const word = this.word.toLowerCase();
    const known = document.getElementById(this.input.dataset.formula)?.options ?? [];
    const fits = [...known].filter(({ value, label }) => `${value} ${label}`.toLowerCase().includes(word));
    const first = (one) => Number(!one.value.toLowerCase().startsWith(word) && !one.label.startsWith(word));
    const found = word ? fits.sort((a, b) => first(a) - first(b)).slice(0, 8) : [];
    if (!found.length || (found.length === 1 && found[0].value === word)) return this.close();
    this.open(found);
  }

  open(found) {
    this.close();
    this.list = Object.assign(document.createElement("ul"), { className: "options", id: `${this.input.id || this.input.name}-words` });
    this.list.setAttribute("role", "listbox");
    this.list.append(...found.map((one, index) => this.option(one, index)));
    this.append(this.list);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  option({ value, label }, index) {
    const item = document.createElement("li");
    Object.assign(item, { id: `${this.list.id}-${index}` });
    item.setAttribute("role", "option");
    item.dataset.value = value;
    item.append(Object.assign(document.createElement("code"), { textContent: value }));
    if (label !== value) item.append(Object.assign(document.createElement("small"), { textContent: label }));
    return item;
  }

  mark(index) {
    this.at = index;
    this.options.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    this.input.setAttribute("aria-activedescendant", this.options[index]?.id ?? "");
  }

  pressed(event) {
    const { length } = this.options;
    if (!length || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.mark((this.at + (event.key === "ArrowDown" ? 1 : length - 1)) % length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      this.insert(this.options[this.at].dataset.value);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  insert(value) {
    const { input, word } = this;
    const caret = input.selectionStart;
    input.setRangeText(value, caret - word.length, caret, "end");
    this.close();
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list?.remove();
    this.list = null;
    this.input?.setAttribute("aria-expanded", "false");
    this.input?.removeAttribute("aria-activedescendant");
  }
}

customElements.define("formula-input", FormulaInput);
