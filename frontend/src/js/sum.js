// The running total of a table of amounts: what stands in the inputs now, before it is saved.
const plain = (text) => text.normalize("NFKC").replace(/[\s,，¥￥元]/g, "");

function cents(text) {
  const found = /^(\d{1,12})(?:\.(\d{1,2})0*)?$/.exec(plain(text));
  return found ? BigInt(found[1]) * 100n + BigInt((found[2] ?? "0").padEnd(2, "0")) : 0n;
}

function written(sum) {
  const yuan = (sum / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${yuan}.${(sum % 100n).toString().padStart(2, "0")}`;
}

for (const form of document.querySelectorAll("form[data-sum]")) {
  const inputs = [...form.querySelectorAll("[data-sums]")];
  const output = form.querySelector("[data-sum-of]");
  const fixed = cents(output.textContent) - inputs.reduce((sum, one) => sum + cents(one.defaultValue), 0n);
  form.addEventListener("input", () => {
    output.textContent = written(inputs.reduce((sum, one) => sum + cents(one.value), fixed));
  });
}
