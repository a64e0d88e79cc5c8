// In a copy of the site as files, the search looks in the list of all pages that stands on its page: each word of the
// query begins a word of a title or summary. Without this script, the list itself is there to look through.
(() => {
  const form = document.getElementById("search");
  const field = document.getElementById("q");
  const status = document.getElementById("found");
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const sections = [...document.querySelectorAll("#everything section")].map((section) => ({
    section,
    rows: [...section.querySelectorAll("li")].map((row) => ({ row, words: fold(row.textContent) })),
  }));

  const look = (query) => {
    const wanted = fold(query);
    let found = 0;
    for (const { section, rows } of sections) {
      let here = 0;
      for (const { row, words } of rows) {
        row.hidden = !wanted.every((word) => words.some((one) => one.startsWith(word)));
        here += row.hidden ? 0 : 1;
      }
      section.hidden = here === 0;
      found += here;
    }
    const count = `${found} result${found === 1 ? "" : "s"} for ‘${query}’`;
    status.textContent = wanted.length === 0 ? "" : found ? count : `${count}. Check the spelling, or use fewer words.`;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = field.value.trim();
    history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : location.pathname);
    look(query);
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  look(field.value.trim());
  document.getElementById("without-script").hidden = true;
  form.hidden = false;
})();
