// What the Markdown editor asks before it places a link or an image. A dialog is one of the browser's own: the page
// behind it waits, Escape closes it, and the focus goes back to where it was. It stands outside of the admin's form, so
// that nothing in it is saved with the form.
(() => {
  "use strict";

  let number = 0; // of fields, for ids

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** A field with its label, its help and a place for what is wrong with it. */
  function field(label, control, help = "") {
    number += 1;
    control.id = `app-dialog-${number}`;
    const fault = element("p", { class: "app-dialog__fault", id: `${control.id}-fault`, role: "alert" });
    const described = [fault.id];
    const parts = [element("label", { for: control.id }, label)];
    if (help) {
      described.unshift(`${control.id}-help`);
      parts.push(element("p", { class: "app-dialog__help", id: `${control.id}-help` }, help));
    }
    control.setAttribute("aria-describedby", described.join(" "));
    const root = element("div", { class: "app-dialog__field" }, ...parts, fault, control);
    return {
      root,
      control,
      refuse(words) {
        fault.textContent = words;
        if (words) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
        if (words && !control.disabled) control.focus();
      },
    };
  }

  /**
   * Shows a dialog until it is answered. `answer` is called with a signal that aborts when the dialog closes, and gives
   * what the dialog was opened for, or nothing if it has said what is missing. Resolves to null when it is closed.
   */
  function ask({ title, content, act, cancel, busy, answer }) {
    const heading = element("h2", { id: "app-dialog-title", class: "app-dialog__title" }, title);
    const submit = element("button", { type: "submit", class: "button default app-dialog__act" }, act);
    const leave = element("button", { type: "button", class: "button app-dialog__cancel" }, cancel);
    const status = element("p", { class: "app-dialog__status", role: "status" });
    const buttons = element("div", { class: "app-dialog__buttons" }, submit, leave, status);
    const form = element("form", { method: "dialog", novalidate: true }, heading, ...content, buttons);
    const dialog = element("dialog", { class: "app-dialog", "aria-labelledby": heading.id }, form);
    const closed = new AbortController();
    let found = null;
    let isBusy = false;

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy) return; // a second click
      isBusy = true;
      submit.setAttribute("aria-disabled", "true");
      status.textContent = busy;
      try {
        found = (await answer(closed.signal)) ?? null;
      } finally {
        isBusy = false;
        submit.removeAttribute("aria-disabled");
        status.textContent = "";
      }
      if (found !== null && dialog.open) dialog.close();
    });
    leave.addEventListener("click", () => dialog.close());

    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        closed.abort();
        dialog.remove();
        resolve(found);
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  const ESCAPES = { "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C" };

  /** An address as one writes it, made one that a link can have. */
  function addressOf(written) {
    const address = written.trim();
    if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(address)) return `mailto:${address}`;
    const isHost = /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]|$)/i.test(address);
    const full = isHost ? `https://${address}` : address;
    return full.replace(/[\s()<>\\]/g, (sign) => ESCAPES[sign] || "%20");
  }

  const codeOf = (words, address) => `[${words.replace(/\s+/g, " ").replace(/[\\[\]]/g, "\\$&")}](${address})`;

  /**
   * Asks for the words and the address of a link; resolves to its Markdown. `advise` says what is worth mending in it,
   * as a list of kinds with their sentences.
   */
  function askForLink({ words, address, advise }) {
    const said = field(
      "Words of the link",
      element("input", { type: "text", autocomplete: "off" }),
      "Say where it leads, such as “how to apply”, so that it makes sense on its own."
    );
    const leads = field(
      "Address",
      element("input", { type: "text", inputmode: "url", autocomplete: "off", spellcheck: "false" }),
      "Such as https://www.nhs.uk/, /projects/, or an email address."
    );
    said.control.value = words;
    leads.control.value = address;
    let kept = null; // words of which advice was given: placed when they are sent again
    const shown = ask({
      title: address ? "Change the link" : "Add a link",
      content: [said.root, leads.root],
      act: "Place the link",
      cancel: "Cancel",
      busy: "Checking the link.",
      async answer(signal) {
        const [text, target] = [said.control.value.trim(), addressOf(leads.control.value)];
        leads.refuse(target ? "" : "Write the address that the link leads to.");
        said.refuse(text ? "" : "Write the words that readers see.");
        if (!text || !target) return null;
        const code = codeOf(text, target);
        const advice = await advise(code, signal);
        const nowhere = advice.find(({ kind }) => kind === "link-nowhere");
        if (nowhere) return leads.refuse(nowhere.words);
        if (advice.length && kept !== text) {
          kept = text;
          return said.refuse(`${advice[0].words} To keep these words, choose “Place the link” again.`);
        }
        return code;
      },
    });
    // What is known is not asked again: the keyboard begins where something is missing.
    (words ? leads : said).control.focus();
    return shown;
  }

  /**
   * Asks what an image shows, or whether it only decorates, before it is placed. `upload` takes the words, the
   * answer to the second and a signal, and gives the Markdown; what it throws is said in the dialog.
   */
  async function askForImage({ file, position, length, upload }) {
    const address = URL.createObjectURL(file);
    const thumbnail = element("img", { class: "app-dialog__image", src: address, alt: "" });
    const name = element("p", { class: "app-dialog__file" }, file.name);
    thumbnail.addEventListener("error", () => {
      thumbnail.remove();
      name.append(" cannot be shown here.");
    });
    const shows = field(
      "What does it show, for those who cannot see it?",
      element("textarea", { rows: "3", maxlength: length }),
      "One or two sentences: what a reader should learn from it."
    );
    number += 1;
    const decorates = element("input", { type: "checkbox", id: `app-dialog-${number}` });
    decorates.addEventListener("change", () => {
      shows.control.disabled = decorates.checked;
      if (decorates.checked) shows.refuse("");
    });
    const fault = element("p", { class: "app-dialog__fault", role: "alert" });
    const label = element("label", { for: decorates.id }, "It only decorates");
    const choice = element("div", { class: "app-dialog__check" }, decorates, label);
    try {
      return await ask({
        title: `Describe the image${position}`,
        content: [element("div", { class: "app-dialog__shown" }, thumbnail, name), shows.root, choice, fault],
        act: "Place the image",
        cancel: "Leave it out",
        busy: "Uploading the image.",
        async answer(signal) {
          fault.textContent = "";
          const words = shows.control.value.trim();
          const isMissing = !words && !decorates.checked;
          shows.refuse(isMissing ? "Say what the image shows, or tick that it only decorates." : "");
          if (isMissing) return null;
          try {
            return await upload(decorates.checked ? "" : words, decorates.checked, signal);
          } catch (error) {
            if (error.name !== "AbortError") fault.textContent = error.message;
            return null;
          }
        },
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  Object.assign(window.PortalEditor, { askForLink, askForImage });
})();
