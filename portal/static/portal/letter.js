// The blanks of a letter become fields that fill it in place, and it is copied or handed to the mail program. What is
// typed stays on the page: it is not sent, and not kept.
const MAX_ADDRESS = 2000; // as in portal/letters.py

const make = (tag, attributes, words = "") => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = words;
  return element;
};

const wordsBeside = (node, from, to) => (node?.textContent ?? "").trim().split(/\s+/).slice(from, to).join(" ");

const mailAddress = (text) => {
  const [, subject, body] = /^(?:Subject:[ \t]*(\S.*)(?:\n+|$))?([^]*)$/i.exec(text);
  const encoded = encodeURIComponent(body).replaceAll("%0A", "%0D%0A");
  return `mailto:?${subject ? `subject=${encodeURIComponent(subject)}&` : ""}body=${encoded}`;
};

for (const letter of document.querySelectorAll(".app-letter")) {
  const [text, foot] = letter.children;
  const mail = foot.querySelector("a");
  const named = new Set();
  const found = [...text.querySelectorAll(".app-blank")];

  const blanks = found.map((blank, index) => {
    const { previousSibling: before, nextSibling: after } = blank;
    const name = [after, before].find((node) => node?.className === "app-blank-name" && !named.has(node));
    named.add(name);
    const hint = name?.textContent;
    let label = hint?.trim().slice(1, -1);
    if (!label) {
      const said = wordsBeside(before, -4);
      const words = said || wordsBeside(after, 0, 4);
      label = `Blank ${index + 1} of ${found.length}${words && `, ${said ? "after" : "before"} “${words}”`}`;
    }
    const field = make("input", { class: "app-letter__field", "aria-label": label, autocomplete: "off" });
    return { blank, name, hint, field, dashes: blank.textContent };
  });

  for (const { blank, name, hint, field } of blanks) {
    blank.classList.add("app-blank--behind");
    blank.setAttribute("aria-hidden", true);
    blank.after(field);
    if (name) name.dataset.words = hint;
  }

  const button = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
  const copy = make("button", { type: "button", class: button }, "Copy");
  const clear = make("button", { type: "button", class: "app-letter__clear", hidden: "" }, "Clear");
  const said = make("span", { role: "status" });
  if (navigator.clipboard) foot.prepend(copy);
  foot.append(clear, said, make("span", {}, "What you type stays on this page."));

  const fill = () => {
    for (const { blank, name, hint, field, dashes } of blanks) {
      const words = field.value.trim();
      blank.textContent = words || dashes;
      if (name) name.textContent = words ? "" : hint;
      field.size = Math.max(12, field.value.length);
    }
    clear.hidden = blanks.every(({ field }) => !field.value);
    said.textContent = "";
    if (mail) {
      mail.href = mailAddress(text.innerText.trim());
      mail.hidden = mail.href.length > MAX_ADDRESS;
    }
  };
  fill();
  text.addEventListener("input", fill);

  clear.addEventListener("click", () => {
    for (const { field } of blanks) field.value = "";
    fill();
    blanks[0].field.focus();
    said.textContent = "Cleared";
  });

  // Who selects the text by hand and copies it gets what stands behind the fields, once.
  document.addEventListener("copy", ({ target }) => {
    if (target.matches?.("input")) return;
    for (const { field } of blanks) field.hidden = true;
    setTimeout(() => blanks.forEach(({ field }) => (field.hidden = false)));
  });

  copy.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await navigator.clipboard.writeText(text.innerText.trim());
      said.textContent = "Copied";
    } catch {
      said.textContent = "Not copied. Select the text and copy it.";
    }
  });
}
