// The Markdown editor of the admin: a preview of what readers will see, and images by button, drop or paste.
// The Tab key is left alone, so that the keyboard never gets stuck in a text box.
(() => {
  "use strict";

  const DELAY = 400; // milliseconds after the last key before the preview is asked for
  const SIGNED_OUT = "You may be signed out. Copy your text to keep it, then sign in again in another window.";
  const NO_PREVIEW = "The preview is out of date: it could not be loaded. Your text is still here.";
  const NO_UPLOAD = "The image could not be uploaded. Try again.";

  class Refusal extends Error {}

  /** Sends a form as the person who is signed in. A redirect is refused: it would lead to a page to sign in. */
  async function send(url, body, token, signal) {
    return fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": token },
      credentials: "same-origin",
      redirect: "error",
      signal,
    });
  }

  /** What a refusal says, in plain words; never a page that somebody else wrote. */
  async function reasonOf(response, otherwise) {
    const kind = response.headers.get("Content-Type") || "";
    if (kind.startsWith("text/plain")) return (await response.text()).slice(0, 300);
    if (kind.startsWith("application/json")) {
      const { image } = await response.json();
      if (Array.isArray(image)) return image.join(" ");
    }
    return response.status === 403 ? SIGNED_OUT : otherwise;
  }

  class Editor {
    constructor(root) {
      this.root = root;
      this.text = root.querySelector("textarea");
      this.preview = root.querySelector(".app-editor__preview");
      this.status = root.querySelector(".app-editor__status");
      this.button = root.querySelector(".app-editor__image");
      this.timer = 0;
      this.request = null;
      this.isStale = false; // whether the status says that the preview could not be had
    }

    start() {
      this.preview.hidden = false;
      this.button.hidden = this.text.disabled || this.text.readOnly;
      this.text.addEventListener("input", () => this.changed());
      this.text.addEventListener("dragover", (event) => this.allowDrop(event));
      this.text.addEventListener("drop", (event) => this.drop(event));
      this.text.addEventListener("paste", (event) => this.paste(event));
      this.button.addEventListener("click", () => this.choose());
      this.preview.addEventListener("click", (event) => this.follow(event));
      // A form may hold many editors, folded away or far below: each asks for its preview once it can be seen.
      const seen = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          seen.disconnect();
          this.grow();
          this.show();
        }
      });
      seen.observe(this.root);
    }

    get token() {
      return this.text.form.querySelector("[name=csrfmiddlewaretoken]").value;
    }

    say(words) {
      if (this.status.textContent !== words) this.status.textContent = words;
    }

    settle() {
      if (this.isStale) this.say("");
      this.isStale = false;
    }

    changed() {
      this.grow();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), DELAY);
    }

    /** Makes the box as high as its text, up to most of the window; never lower than the writer made it. */
    grow() {
      const { scrollHeight, clientHeight, offsetHeight } = this.text;
      if (scrollHeight <= clientHeight) return;
      const wanted = Math.min(scrollHeight + offsetHeight - clientHeight, window.innerHeight * 0.7);
      if (wanted > offsetHeight) this.text.style.height = `${wanted}px`;
    }

    async show() {
      if (this.request) this.request.abort();
      if (!this.text.value.trim()) {
        this.preview.textContent = "What you write shows here as readers will see it.";
        this.settle();
        return;
      }
      const request = new AbortController();
      this.request = request;
      this.preview.setAttribute("aria-busy", "true");
      try {
        const body = new URLSearchParams({ content: this.text.value, level: this.root.dataset.level });
        const response = await send(this.root.dataset.previewUrl, body, this.token, request.signal);
        if (!response.ok) throw new Refusal(await reasonOf(response, NO_PREVIEW));
        const html = await response.text();
        if (!html.startsWith('<div class="app-prose">')) throw new Refusal(NO_PREVIEW);
        this.preview.innerHTML = html;
        this.settle();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.isStale = true;
        this.say(error instanceof Refusal ? error.message : NO_PREVIEW);
      }
      this.preview.removeAttribute("aria-busy");
    }

    /** A link in the preview must not take the writer away from a text that is not saved. */
    follow(event) {
      const link = event.target.closest("a[href]");
      if (!link) return;
      event.preventDefault();
      const address = link.getAttribute("href");
      if (address.startsWith("#")) {
        const target = this.preview.querySelector(`[id="${CSS.escape(address.slice(1))}"]`);
        if (target) target.scrollIntoView({ block: "nearest" });
      } else {
        window.open(link.href, "_blank", "noopener");
      }
    }

    choose() {
      const chooser = document.createElement("input");
      chooser.type = "file";
      chooser.accept = "image/jpeg,image/png,image/webp";
      chooser.addEventListener("change", () => this.upload(chooser.files));
      chooser.click();
    }

    allowDrop(event) {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    }

    drop(event) {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.upload(event.dataTransfer.files);
    }

    paste(event) {
      // Word and Excel offer a picture of the text beside the text itself, which is what is wanted.
      const { files, types } = event.clipboardData;
      if (!files.length || types.includes("text/plain")) return;
      event.preventDefault();
      this.upload(files);
    }

    async upload(files) {
      this.button.disabled = true;
      for (const file of files) {
        this.isStale = false;
        this.say(`Uploading ${file.name}.`);
        try {
          const body = new FormData();
          body.append("image", file);
          const response = await send(this.root.dataset.uploadUrl, body, this.token);
          if (!response.ok) throw new Refusal(await reasonOf(response, NO_UPLOAD));
          this.insert((await response.json()).image_code);
          this.say("The image is in the text. Now describe it for those who cannot see it.");
        } catch (error) {
          this.say(error instanceof Refusal ? error.message : NO_UPLOAD);
          break;
        }
      }
      this.button.disabled = false;
    }

    /** Puts an image into a paragraph of its own, with the words to replace selected. */
    insert(code) {
      const { value, selectionStart, selectionEnd } = this.text;
      const before = value.slice(0, selectionStart);
      const after = value.slice(selectionEnd);
      const gap = (edge) => (edge === "" || edge === "\n\n" ? "" : edge.includes("\n") ? "\n" : "\n\n");
      const lead = gap(before.match(/\n{0,2}$/)[0] || before.slice(-1));
      const trail = gap(after.match(/^\n{0,2}/)[0] || after.slice(0, 1));
      this.text.focus();
      this.text.setRangeText(lead + code + trail, selectionStart, selectionEnd, "end");
      const start = selectionStart + lead.length + code.indexOf("[") + 1;
      this.text.setSelectionRange(start, start + code.indexOf("]") - code.indexOf("[") - 1);
      this.changed();
    }
  }

  const started = new WeakSet();

  function startAll(root) {
    for (const editor of root.querySelectorAll(".app-editor")) {
      // The hidden row that new rows are copied from stays as it is.
      if (started.has(editor) || editor.closest(".empty-form")) continue;
      started.add(editor);
      new Editor(editor).start();
    }
  }

  document.addEventListener("formset:added", (event) => startAll(event.target));
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => startAll(document));
  } else {
    startAll(document);
  }
})();
