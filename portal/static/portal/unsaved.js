// Nothing that is being written in a form of the admin gets lost: the browser warns before it leaves, and keeps the
// text until the server has saved it, through a closed window, a flat battery and an expired session.
(() => {
  "use strict";

  const DELAY = 600; // milliseconds after the last key before the text is kept
  const KEPT_DAYS = 14;
  const PREFIX = "unsaved:";
  const NEVER_KEPT = new Set(["password", "file", "submit", "button", "image", "reset"]);
  const OWN = new Set(["csrfmiddlewaretoken", "form_id"]); // these belong to one opening of the form
  const REVISION = "item_revision";

  const offer = document.getElementById("unsaved");
  const form = offer && offer.closest("form");
  if (!form) return;
  const status = document.getElementById("unsaved-status");
  const key = PREFIX + offer.dataset.draft;

  // The browser may refuse to keep anything; the form works all the same.
  const store = {
    read(name) {
      try {
        return JSON.parse(localStorage.getItem(name));
      } catch {
        return null;
      }
    },
    write(name, value) {
      try {
        localStorage.setItem(name, JSON.stringify(value));
      } catch {
        status.textContent = "This browser cannot keep your text: save often.";
      }
    },
    remove(name) {
      try {
        localStorage.removeItem(name);
      } catch {
        /* nothing was kept */
      }
    },
    names() {
      try {
        return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
      } catch {
        return [];
      }
    },
  };

  const isKept = (control) =>
    control.name && !OWN.has(control.name) && !NEVER_KEPT.has(control.type) && !control.name.includes("__prefix__");

  /** What the form holds: a list of values for each name; the options of a choice with their words. */
  function values() {
    const found = {};
    for (const control of form.elements) {
      if (!isKept(control)) continue;
      const list = (found[control.name] ||= []);
      if (control.type === "checkbox" || control.type === "radio") {
        if (control.checked) list.push(control.value);
      } else if (control.tagName === "SELECT") {
        for (const option of control.selectedOptions) {
          if (option.value) list.push({ value: option.value, label: option.textContent });
        }
      } else {
        list.push(control.value);
      }
    }
    return found;
  }

  /** The same for two forms that would send the same, whichever revision they began with. */
  function textOf(found) {
    const parts = Object.entries(found)
      .filter(([name]) => name !== REVISION && name !== "revision_comment" && !name.endsWith("_FORMS"))
      .map(([name, list]) => [name, list.map((one) => (typeof one === "string" ? one.replace(/\r\n?/g, "\n") : one.value))])
      .filter(([, list]) => list.some((one) => one !== ""));
    return JSON.stringify(parts.sort((one, other) => (one[0] < other[0] ? -1 : 1)));
  }

  let opened = null; // the text as the server gave it
  let isLeaving = false; // whether the form is being sent
  let isOffered = false; // whether the kept text waits for an answer, and so must not be written over
  let timer = 0;

  const hasChanged = () => offer.dataset.isUnsaved === "true" || (opened !== null && textOf(values()) !== opened);

  function keep() {
    clearTimeout(timer);
    timer = 0;
    if (isOffered || opened === null) return;
    if (!hasChanged()) {
      store.remove(key);
      return;
    }
    const found = values();
    const [revision] = found[REVISION] || [null];
    store.write(key, { at: Date.now(), form: form.elements.form_id.value, revision, values: found });
  }

  function changed() {
    if (isOffered && hasChanged()) settle(); // whoever goes on writing has decided
    clearTimeout(timer);
    timer = setTimeout(keep, DELAY);
  }

  function settle() {
    isOffered = false;
    offer.hidden = true;
  }

  // What was saved is forgotten

  function savedForms() {
    const cookie = document.cookie.split("; ").find((one) => one.startsWith("saved_forms="));
    return new Set(cookie ? decodeURIComponent(cookie.slice("saved_forms=".length)).replaceAll('"', "").split(".") : []);
  }

  function forget() {
    const saved = savedForms();
    const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
    for (const name of store.names()) {
      const draft = store.read(name);
      if (!draft || draft.at < oldest || saved.has(draft.form)) store.remove(name);
    }
  }

  // What was not is offered back

  function inWords(time) {
    const moment = new Date(time);
    const zone = { timeZone: "Europe/London" };
    const clock = moment
      .toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", hour12: true, ...zone })
      .replace(/^0:/, "12:")
      .replace(/\s/g, "");
    const day = (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", ...zone });
    return day(moment) === day(new Date()) ? clock : `${clock} on ${day(moment)}`;
  }

  function offerBack(draft) {
    isOffered = true;
    offer.querySelector(".unsaved__when").textContent = inWords(draft.at);
    offer.hidden = false;
    status.classList.add("visually-hidden"); // the heading says it to those who see
    status.textContent = "You have text that was not saved. Choose Restore or Discard.";
    offer.querySelector(".unsaved__restore").addEventListener("click", () => {
      settle();
      restore(draft);
      answer("Your text is back in the form. Nothing is saved yet.");
      keep();
    });
    offer.querySelector(".unsaved__discard").addEventListener("click", () => {
      settle();
      store.remove(key);
      answer("The text was discarded.");
      keep();
    });
  }

  /** Says what became of the text, where the keyboard goes on from. */
  function answer(words) {
    status.classList.remove("visually-hidden");
    status.textContent = words;
    status.tabIndex = -1;
    status.focus();
  }

  /** Puts rows of the kept text where the form has them: by their number, and new ones behind all others. */
  function placesOf(kept) {
    const places = new Map();
    for (const total of form.querySelectorAll('input[name$="-TOTAL_FORMS"]')) {
      const prefix = total.name.replace(/-TOTAL_FORMS$/, "");
      const number = Number((kept[total.name] || ["0"])[0]);
      const rowsHere = () => Number(form.elements[`${prefix}-TOTAL_FORMS`].value);
      const idAt = (index) => (form.elements[`${prefix}-${index}-id`] || {}).value || "";
      const taken = new Set();
      for (let index = 0; index < number; index += 1) {
        const id = (kept[`${prefix}-${index}-id`] || [""])[0];
        let place = [...Array(rowsHere()).keys()].find((here) => !taken.has(here) && idAt(here) === id);
        if (place === undefined) {
          const group = document.getElementById(`${prefix}-group`);
          const add = group && group.querySelector(".add-row a, a.addlink, .add-row button");
          if (!add) continue;
          place = rowsHere();
          add.click();
          if (rowsHere() === place) continue;
        }
        taken.add(place);
        places.set(`${prefix}-${index}-`, `${prefix}-${place}-`);
      }
    }
    return places;
  }

  function restore(draft) {
    const places = placesOf(draft.values);
    for (const [name, list] of Object.entries(draft.values)) {
      if (name.endsWith("_FORMS") || name === REVISION) continue;
      const row = name.match(/^(.*-\d+-)(.*)$/);
      if (row && row[2] === "id") continue;
      const place = row ? (places.get(row[1]) || row[1]) + row[2] : name;
      for (const control of form.querySelectorAll(`[name="${CSS.escape(place)}"]`)) {
        if (isKept(control)) fill(control, list);
      }
    }
    // Begun with an older revision, it meets what others saved since when it is sent.
    const revision = form.elements[REVISION];
    if (revision && draft.revision !== null) revision.value = draft.revision;
  }

  function fill(control, list) {
    if (control.type === "checkbox" || control.type === "radio") {
      control.checked = list.includes(control.value);
    } else if (control.tagName === "SELECT") {
      for (const { value, label } of list) {
        // A choice that completes while one types knows only what was chosen before.
        if (![...control.options].some((option) => option.value === value)) control.add(new Option(label, value));
      }
      const chosen = new Set(list.map((one) => one.value));
      for (const option of control.options) option.selected = chosen.has(option.value);
      if (!chosen.size && !control.multiple) control.value = "";
    } else {
      control.value = list[0] ?? "";
    }
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function start() {
    forget();
    opened = textOf(values());
    const draft = store.read(key);
    if (offer.dataset.isUnsaved === "true") keep();
    else if (draft && textOf(draft.values) !== opened) offerBack(draft);
    else store.remove(key);

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    // The choices that complete while one types tell jQuery only.
    if (window.django && window.django.jQuery) window.django.jQuery(form).on("change", changed);
    document.addEventListener("formset:added", changed);
    document.addEventListener("formset:removed", changed);
    form.addEventListener("submit", () => {
      keep();
      isLeaving = true;
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") keep();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) isLeaving = false;
    });
    window.addEventListener("beforeunload", (event) => {
      if (isLeaving || !hasChanged()) return;
      keep();
      event.preventDefault();
    });
  }

  // After all scripts of the form have done their part.
  if (document.readyState === "complete") start();
  else window.addEventListener("load", () => setTimeout(start));
})();
