// The Markdown editor of the admin: a toolbar, a preview of what readers will see with advice below it, and images by
// button, drop or paste. The Tab key is left alone, so that the keyboard never gets stuck in a text box.
(() => {
  "use strict";

  const { Toolbar, askForImage, askForLink, linesOf, place, replace, writing } = window.PortalEditor;

  const DELAY = 400; // milliseconds after the last key before the preview is asked for
  const PAUSE = 1600; // milliseconds after the last key before advice on a text that is being written changes
  const WIDE = 704; // pixels from which the preview has room beside the text
  const PATIENCE = 3000; // milliseconds that a link waits for advice before it is placed without
  const LINK = /(?<!!)\[((?:\\.|[^[\]\\])*)\]\(([^()\s]*)\)/g;
  const SIGNED_OUT = "You may be signed out. Copy your text to keep it, then sign in again in another window.";
  const NO_PREVIEW = "The preview is out of date: it could not be loaded. Your text is still here.";
  const NO_UPLOAD = "The image could not be uploaded. Try again.";

  class Refusal extends Error {}

  /** The two parts of an answer: what readers will see, and the list of what is worth mending, if anything is. */
  function partsOf(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const [prose, list = null] = holder.content.children;
    if (!prose || !prose.matches("div.app-prose") || (list && !list.matches("ol.app-advice"))) return null;
    return { prose, list };
  }

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
      this.count = root.querySelector(".app-editor__count");
      this.list = root.querySelector(".app-editor__list");
      this.timer = 0;
      this.pause = 0;
      this.waiting = undefined; // advice that is shown once the writer has paused
      this.writtenAt = 0; // when a key was last pressed
      this.request = null;
      this.isStale = false; // whether the status says that the preview could not be had
      this.isAsking = false; // whether a dialog is open
    }

    start() {
      this.fit();
      new ResizeObserver(() => requestAnimationFrame(() => this.fit())).observe(this.root);
      this.preview.hidden = false;
      if (!this.text.disabled && !this.text.readOnly) this.startWriting();
      this.preview.addEventListener("click", (event) => this.follow(event));
      this.list.addEventListener("click", (event) => this.goToLine(event));
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

    startWriting() {
      new Toolbar(this.root.querySelector(".app-editor__toolbar"), this.text, (name) => this.does(name)).start();
      this.text.addEventListener("input", () => this.changed());
      this.text.addEventListener("blur", () => this.hasPaused());
      this.text.addEventListener("keydown", (event) => this.shortcut(event));
      this.text.addEventListener("dragover", (event) => this.allowDrop(event));
      this.text.addEventListener("drop", (event) => this.drop(event));
      this.text.addEventListener("paste", (event) => this.paste(event));
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

    does(name) {
      if (name === "link") this.link();
      else if (name === "image") this.choose();
      else writing[name](this.text);
    }

    shortcut(event) {
      const name = { b: "bold", k: "link" }[event.key.toLowerCase()];
      if (!name || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
      event.preventDefault();
      this.does(name);
    }

    changed() {
      this.writtenAt = Date.now();
      this.count.setAttribute("role", "status"); // from now on changes of it are read out, and not before
      this.grow();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), DELAY);
    }

    /** Puts the preview beside the text where there is room, else below it. */
    fit() {
      this.root.classList.toggle("app-editor--wide", this.root.clientWidth >= WIDE);
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
        this.preview.removeAttribute("aria-busy");
        this.waiting = null;
        this.hasPaused();
        this.settle();
        return;
      }
      const request = new AbortController();
      this.request = request;
      this.preview.setAttribute("aria-busy", "true");
      try {
        const { prose, list } = await this.rendered(this.text.value, request.signal);
        this.preview.replaceChildren(prose);
        this.settle();
        // Half a heading is no mistake of somebody who is still writing it.
        clearTimeout(this.pause);
        this.waiting = list;
        const isWriting = this.writtenAt && document.activeElement === this.text;
        if (isWriting) this.pause = setTimeout(() => this.hasPaused(), this.writtenAt + PAUSE - Date.now());
        else this.hasPaused();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.isStale = true;
        this.say(error instanceof Refusal ? error.message : NO_PREVIEW);
      }
      this.preview.removeAttribute("aria-busy");
    }

    hasPaused() {
      clearTimeout(this.pause);
      if (this.waiting !== undefined) this.advise(this.waiting);
      this.waiting = undefined;
    }

    /** What the server makes of a text. */
    async rendered(text, signal) {
      const body = new URLSearchParams({ content: text, level: this.root.dataset.level });
      const response = await send(this.root.dataset.previewUrl, body, this.token, signal);
      if (!response.ok) throw new Refusal(await reasonOf(response, NO_PREVIEW));
      const parts = partsOf(await response.text());
      if (!parts) throw new Refusal(NO_PREVIEW);
      return parts;
    }

    /** Shows what is worth mending. How much it is, is read out only when that changes. */
    advise(list) {
      const number = list ? Number(list.dataset.count) : 0;
      const had = this.list.childElementCount > 0;
      let words = had ? "Nothing is left to mend." : this.count.textContent;
      if (number) words = `Worth mending: ${number} ${number === 1 ? "thing" : "things"}`;
      if (this.count.textContent !== words) this.count.textContent = words;
      if (number && list.isEqualNode(this.list.firstElementChild)) return; // keeps the focus on its button
      this.list.replaceChildren(...(list ? [list] : []));
    }

    /** Puts the cursor at the beginning of the line that a piece of advice is about. */
    goToLine(event) {
      const button = event.target.closest("[data-line]");
      if (!button) return;
      const above = this.text.value.split("\n").slice(0, Number(button.dataset.line) - 1);
      const place = above.reduce((sum, line) => sum + line.length + 1, 0);
      this.text.setSelectionRange(place, place);
      this.text.focus();
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

    /** Adds a link, or changes the one that the cursor is in. */
    async link() {
      if (this.isAsking) return;
      const { value, selectionStart, selectionEnd } = this.text;
      const { start, lines } = linesOf(this.text);
      const old = [...lines.join("\n").matchAll(LINK)].find((found) => {
        const from = start + found.index;
        return from <= selectionStart && selectionEnd <= from + found[0].length;
      });
      const selected = value.slice(selectionStart, selectionEnd).trim();
      const isAddress = /^(?:https?:\/\/|www\.|mailto:)\S+$/i.test(selected);
      const code = await this.asking(askForLink, {
        words: old ? old[1].replace(/\\([\\[\]])/g, "$1") : isAddress ? "" : selected.replace(/\s+/g, " "),
        address: old ? old[2] : isAddress ? selected : "",
        advise: (words, signal) => this.adviceOn(words, signal),
      });
      if (code === null) return;
      const [from, to] = old ? [start + old.index, start + old.index + old[0].length] : [selectionStart, selectionEnd];
      const space = value.slice(from, to).match(/^(\s*)(?:.*\S)?(\s*)$/s);
      replace(this.text, from, to, space[1] + code + space[2]);
    }

    /** What is worth mending in a few words; nothing if the server does not say so in time. */
    async adviceOn(words, signal) {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), PATIENCE);
      signal.addEventListener("abort", () => patience.abort());
      try {
        const { list } = await this.rendered(words, patience.signal);
        const found = list ? [...list.querySelectorAll("[data-kind]")] : [];
        const say = (one) => one.querySelector(".app-advice__words").textContent.replace(/\s+/g, " ").trim();
        return found.map((one) => ({ kind: one.dataset.kind, words: say(one) }));
      } catch {
        return [];
      } finally {
        clearTimeout(timer);
      }
    }

    choose() {
      const chooser = document.createElement("input");
      chooser.type = "file";
      chooser.multiple = true;
      chooser.accept = "image/jpeg,image/png,image/webp";
      chooser.addEventListener("change", () => this.placeImages(chooser.files));
      chooser.click();
    }

    allowDrop(event) {
      if (event.dataTransfer.types.includes("Files")) event.preventDefault();
    }

    drop(event) {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      this.placeImages(event.dataTransfer.files);
    }

    paste(event) {
      // Word and Excel offer a picture of the text beside the text itself, which is what is wanted.
      const { files, types } = event.clipboardData;
      if (!files.length || types.includes("text/plain")) return;
      event.preventDefault();
      this.placeImages(files);
    }

    /** Asks in a dialog, and has the same part of the text selected behind it: a browser may lose that on its way. */
    async asking(ask, options) {
      const { selectionStart, selectionEnd } = this.text;
      this.isAsking = true;
      try {
        return await ask(options);
      } finally {
        this.isAsking = false;
        this.text.setSelectionRange(selectionStart, selectionEnd);
      }
    }

    /** Asks of each image, one after the other, what it shows; places those that are answered. */
    async placeImages(list) {
      if (this.isAsking) return;
      const files = [...list]; // the list of a drop is emptied when its event is over
      for (const [index, file] of files.entries()) {
        const code = await this.asking(askForImage, {
          file,
          position: files.length > 1 ? ` (${index + 1} of ${files.length})` : "",
          length: this.root.dataset.maxAlt,
          upload: (words, isDecorative, signal) => this.upload(file, words, isDecorative, signal),
        });
        if (code !== null) place(this.text, code);
      }
    }

    async upload(file, words, isDecorative, signal) {
      const body = new FormData();
      body.append("image", file);
      body.append("words", words);
      if (isDecorative) body.append("is_decorative", "on");
      try {
        const response = await send(this.root.dataset.uploadUrl, body, this.token, signal);
        if (!response.ok) throw new Refusal(await reasonOf(response, NO_UPLOAD));
        return (await response.json()).image_code;
      } catch (error) {
        if (error instanceof Refusal || error.name === "AbortError") throw error;
        throw new Refusal(NO_UPLOAD);
      }
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
