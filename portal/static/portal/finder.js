// In a copy of the site as files, the list of projects is filtered here: OR inside a facet, AND across, as the finder
// of the site itself does it. The facts are those of projects.json, the rows those of the list's own pages, in the same
// order. Without this script, each value of a facet leads to a page of its own.
(async () => {
  const filters = document.getElementById("filters");
  const bar = document.querySelector(".app-results__bar");
  if (!filters || !bar || location.protocol === "file:") return;
  const list = new URL(filters.dataset.href, location);
  const STEP = Number(filters.dataset.step);

  const load = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer;
  };
  const nav = filters.querySelector("nav");
  const data = new URL(nav.dataset.href, location).href;
  const projects = [];
  for (let number = 1, part = { next: data }; part.next; number += 1) {
    part = await (await load(number === 1 ? data : data.replace(/\.json$/, `-page-${number}.json`))).json();
    projects.push(...part.projects);
  }
  const valuesOf = ({ status, area, techniques, modalities }) => ({
    status: [status],
    area: area ? [area.slug] : [],
    technique: techniques.map((term) => term.slug),
    modality: modalities.map((term) => term.slug),
  });
  const facts = projects.map(valuesOf);

  // The rows, from the pages of the whole list, each page once and only when one of its rows is shown.
  const pages = new Map();
  const pageAt = (number) => {
    const address = number === 1 ? list : new URL(`page/${number}/`, list);
    if (!pages.has(number)) {
      pages.set(number, load(address).then(async (answer) => {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const link of page.querySelectorAll(".app-result a")) link.href = new URL(link.getAttribute("href"), address);
        return [...page.querySelectorAll(".app-result")];
      }));
    }
    return pages.get(number);
  };
  const rowOf = async (place) => (await pageAt(Math.floor(place / STEP) + 1))[place % STEP].cloneNode(true);

  const make = (tag, attributes, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };
  const counted = (number) => `${number} project${number === 1 ? "" : "s"}`;

  // Each link becomes a box to tick.
  const boxes = [];
  for (const part of nav.querySelectorAll("[data-facet]")) {
    const facet = part.dataset.facet;
    const label = part.querySelector("h3, summary").textContent.trim();
    const group = make("div", { class: "nhsuk-checkboxes nhsuk-checkboxes--small" });
    for (const item of part.querySelectorAll("[data-value]")) {
      const id = `${facet}-${item.dataset.value}`;
      const input = make("input", { class: "nhsuk-checkboxes__input", id, type: "checkbox", name: facet, value: item.dataset.value });
      const link = item.querySelector("a");
      input.checked = link.hasAttribute("aria-current");
      const count = item.querySelector(".app-facet__n");
      const words = make("label", { class: "nhsuk-label nhsuk-checkboxes__label", for: id }, `${link.textContent} `, count);
      group.append(make("div", { class: "nhsuk-checkboxes__item" }, input, words));
      boxes.push({ facet, value: item.dataset.value, label: link.textContent, input, count });
    }
    const fieldset = make("fieldset", { class: "nhsuk-fieldset" }, group);
    fieldset.prepend(make("legend", { class: part.querySelector("details") ? "nhsuk-u-visually-hidden" : "nhsuk-fieldset__legend nhsuk-fieldset__legend--s" }, label));
    part.querySelector("h3")?.remove();
    part.querySelector("ul").replaceWith(fieldset);
  }
  const heading = bar.querySelector("h2");
  const announced = make("p", { class: "nhsuk-u-visually-hidden", role: "status" });
  document.getElementById("maincontent").append(announced);
  const said = document.querySelector(".app-filter__count");
  const results = document.getElementById("results");
  const chips = make("ul", { class: "app-chips", "aria-label": "Selected filters" });
  const rows = make("ol", { class: "app-results" });
  const more = make("button", { class: "nhsuk-button nhsuk-button--secondary", type: "button" }, "Show more projects");
  const clear = make("a", { href: list.href }, "Clear filters");
  const none = make("div", { class: "nhsuk-inset-text" }, make("p", {}, "No projects match these filters. Remove one of them."));
  const ofPage = document.querySelector(".app-follow");

  const chosen = () => {
    const groups = new Map();
    for (const box of boxes.filter(({ input }) => input.checked)) groups.set(box.facet, [...(groups.get(box.facet) ?? []), box]);
    return groups;
  };
  const matches = (fact, groups, leavingOut) =>
    [...groups].every(([facet, wanted]) => facet === leavingOut || wanted.some((box) => fact[facet].includes(box.value)));

  let turn = 0;
  const show = async (found, from, mine) => {
    const shown = await Promise.all(found.slice(from, from + STEP).map(rowOf));
    if (mine !== turn) return;
    rows.append(...shown);
    more.hidden = from + STEP >= found.length;
    more.onclick = async () => {
      await show(found, from + STEP, mine);
      rows.children[from + STEP]?.querySelector("a").focus();
    };
  };
  const update = async () => {
    const mine = (turn += 1);
    const groups = chosen();
    const ticked = [...groups.values()].flat();
    const found = facts.flatMap((fact, place) => (matches(fact, groups) ? [place] : []));
    for (const box of boxes) {
      const number = facts.filter((fact) => matches(fact, groups, box.facet) && fact[box.facet].includes(box.value)).length;
      box.count.firstChild.data = `(${number}`;
      box.count.querySelector("span").textContent = number === 1 ? " project" : " projects";
    }
    said.textContent = `${ticked.length} selected`;
    const query = new URLSearchParams(ticked.map((box) => [box.facet, box.value])).toString();
    history.replaceState(null, "", `${list.href}${query && `?${query}`}`);
    document.title = document.title.replace(/^.*?(?= – [^–]*$)/, `Internship projects${ticked.length ? ": " : ""}${ticked.map((box) => box.label).join(", ")} – ${counted(found.length)}${ticked.length ? " found" : ""}`);
    chips.replaceChildren(...ticked.map((box) => {
      const chip = make("a", { class: "app-chip", href: list.href }, make("span", { class: "nhsuk-u-visually-hidden" }, "Remove filter: "), box.label);
      chip.onclick = (event) => {
        event.preventDefault();
        box.input.checked = false;
        results.focus();
        update();
      };
      return make("li", {}, chip);
    }));
    rows.replaceChildren();
    results.replaceChildren(bar, ...(ticked.length ? [chips] : []), ...copied, ...(found.length ? [rows, more] : [none]), ...(query || !ofPage ? [] : [ofPage]));
    heading.textContent = announced.textContent = counted(found.length);
    bar.querySelector("a")?.remove();
    if (ticked.length) bar.append(clear);
    await show(found, 0, mine);
  };
  const copied = [...results.querySelectorAll(".app-copied")];
  clear.onclick = (event) => {
    event.preventDefault();
    for (const box of boxes) box.input.checked = false;
    results.focus();
    update();
  };
  nav.addEventListener("change", update);

  const asked = new URLSearchParams(location.search);
  if (boxes.some((box) => asked.has(box.facet))) {
    for (const box of boxes) box.input.checked = asked.getAll(box.facet).includes(box.value);
    await update();
  }
  filters.dataset.ready = "true";
})();
