/**
 * <fenming-tour data-url> walks through the steps [{target, title, text}] of the JSON it holds. A step whose target
 * is not on the page is left out. Ending or skipping it POSTs to data-url, so that it is shown once.
 */
class Tour extends HTMLElement {
  connectedCallback() {
    const script = this.querySelector("script");
    if (this.steps || !script) return;
    this.steps = JSON.parse(script.textContent).filter((step) => this.target(step));
    if (!this.steps.length) return;
    this.ring = this.appendChild(Object.assign(document.createElement("div"), { className: "tour-ring" }));
    this.card = this.appendChild(this.makeCard());
    this.place = this.place.bind(this);
    this.pressed = this.pressed.bind(this);
    addEventListener("resize", this.place);
    document.addEventListener("keydown", this.pressed);
    this.show(0);
  }

  disconnectedCallback() {
    removeEventListener("resize", this.place);
    document.removeEventListener("keydown", this.pressed);
  }

  target(step) {
    return [...document.querySelectorAll(step.target)].find((one) => one.getClientRects().length);
  }

  makeCard() {
    const card = Object.assign(document.createElement("section"), { className: "tour-card", tabIndex: -1 });
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", this.dataset.of);
    this.heading = card.appendChild(document.createElement("h2"));
    this.text = card.appendChild(document.createElement("p"));
    this.text.setAttribute("aria-live", "polite");
    const foot = card.appendChild(Object.assign(document.createElement("div"), { className: "tour-foot" }));
    this.count = foot.appendChild(document.createElement("span"));
    this.skip = foot.appendChild(this.button(this.dataset.skip, () => this.end()));
    this.back = foot.appendChild(this.button(this.dataset.back, () => this.show(this.at - 1)));
    this.next = foot.appendChild(this.button(this.dataset.next, () => this.show(this.at + 1)));
    this.next.className = "tour-next";
    return card;
  }

  button(text, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    button.addEventListener("click", act);
    return button;
  }

  show(index) {
    if (index >= this.steps.length) return this.end();
    this.at = index;
    const last = index === this.steps.length - 1;
    const step = this.steps[index];
    this.heading.textContent = step.title;
    this.text.textContent = step.text;
    this.count.textContent = `${index + 1} / ${this.steps.length}`;
    this.next.textContent = last ? this.dataset.done : this.dataset.next;
    this.back.hidden = index === 0;
    this.skip.hidden = last;
    this.reveal(this.target(step));
    this.place();
    this.next.focus({ preventScroll: true });
  }

  /** The card goes up first, so that where it stood does not lengthen the page. */
  reveal(target) {
    this.card.style.top = 0;
    const isTall = target && target.getBoundingClientRect().height + this.card.offsetHeight + 48 > innerHeight;
    target?.scrollIntoView({ block: isTall ? "start" : "center" });
  }

  place() {
    const target = this.target(this.steps[this.at]);
    if (!target) return;
    const box = target.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const top = box.top + scrollY;
    const [start, end] = [Math.max(0, box.left - 6), Math.min(width, box.right + 6)];
    Object.assign(this.ring.style, { left: `${start + scrollX}px`, top: `${top - 6}px`, width: `${end - start}px`, height: `${box.height + 12}px` });
    const card = this.card.getBoundingClientRect();
    const left = Math.max(12, Math.min(box.left + box.width / 2 - card.width / 2, width - card.width - 12));
    const below = box.bottom + card.height + 24 < innerHeight || box.top < card.height + 24;
    const beside = below ? box.bottom + 16 : box.top - card.height - 16;
    const within = Math.max(12, Math.min(beside, innerHeight - card.height - 12));
    Object.assign(this.card.style, { left: `${left + scrollX}px`, top: `${within + scrollY}px` });
  }

  pressed(event) {
    if (event.key === "Escape") this.end();
  }

  end() {
    const body = JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}");
    if (this.dataset.url) fetch(this.dataset.url, { method: "POST", headers: body, keepalive: true });
    this.remove();
  }
}

customElements.define("fenming-tour", Tour);
