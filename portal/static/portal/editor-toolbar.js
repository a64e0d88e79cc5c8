// The toolbar of the Markdown editor, as the ARIA Authoring Practices describe one: a single stop of the Tab key, and
// the arrow keys, Home and End inside of it.
(() => {
  "use strict";

  class Toolbar {
    /** `does` is called with the name of what a button does. */
    constructor(root, text, does) {
      this.root = root;
      this.text = text;
      this.does = does;
      this.tools = [...root.querySelectorAll("button")];
    }

    start() {
      this.root.hidden = false;
      // The id of a row that was added is known only now.
      this.root.setAttribute("aria-controls", this.text.id);
      this.stopAt(this.tools[0]);
      this.root.addEventListener("keydown", (event) => this.move(event));
      this.root.addEventListener("focusin", (event) => this.stopAt(event.target));
      this.root.addEventListener("click", (event) => {
        const tool = event.target.closest("[data-does]");
        if (tool) this.does(tool.dataset.does);
      });
      if (/^Mac|^iP/.test(navigator.platform)) {
        for (const tool of this.tools) tool.title = tool.title.replace("Ctrl+", "⌘");
      }
    }

    stopAt(tool) {
      if (!this.tools.includes(tool)) return;
      for (const each of this.tools) each.tabIndex = each === tool ? 0 : -1;
    }

    move(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const here = this.tools.indexOf(event.target);
      const last = this.tools.length - 1;
      const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: last }[event.key];
      if (here < 0 || to === undefined) return;
      event.preventDefault();
      this.tools[to < 0 ? last : to > last ? 0 : to].focus();
    }
  }

  window.PortalEditor.Toolbar = Toolbar;
})();
