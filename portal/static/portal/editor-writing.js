// What the buttons of the Markdown editor do to a text. Each change goes through the browser's own typing, so that its
// undo takes the change back; where a browser cannot, the text changes all the same.
window.PortalEditor = {};

(() => {
  "use strict";

  const MARK = /^(?:#{1,6} +|[-*+] +|\d{1,9}[.)] +)/; // what makes a line a heading or an item

  /** Puts words in place of a part of the text, and selects a part of them: from and to count from where they begin. */
  function replace(box, start, end, words, from = words.length, to = from) {
    box.focus();
    box.setSelectionRange(start, end);
    if ((start !== end || words) && !document.execCommand(words ? "insertText" : "delete", false, words)) {
      box.setRangeText(words, start, end, "end");
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    box.setSelectionRange(start + from, start + to);
  }

  /** The lines that the selection touches: where they begin and end, and the lines themselves. */
  function linesOf({ value, selectionStart, selectionEnd }) {
    // A selection that ends where a line begins does not mean that line.
    const last = selectionEnd > selectionStart && value[selectionEnd - 1] === "\n" ? selectionEnd - 1 : selectionEnd;
    const start = value.slice(0, selectionStart).lastIndexOf("\n") + 1;
    const next = value.indexOf("\n", last);
    const end = next < 0 ? value.length : next;
    return { start, end, lines: value.slice(start, end).split("\n") };
  }

  const isBlank = (line) => !line.trim();

  /** Line ends that set a block apart from what is before and behind it. Of kin is a line that belongs to the block. */
  function gaps(value, start, end, isKin = () => false) {
    const edge = (rest, next, touches) => {
      if (!rest) return "";
      if (!touches) return "\n\n";
      return isBlank(next) || isKin(next) ? "" : "\n";
    };
    const before = value.slice(0, start);
    const after = value.slice(end);
    return {
      lead: edge(before, before.slice(0, -1).split("\n").pop(), before.endsWith("\n")),
      trail: edge(after, after.slice(1).split("\n")[0], after.startsWith("\n")),
    };
  }

  /** Puts a block into a paragraph of its own, and selects a part of it. */
  function place(box, block, from = block.length, to = from, start = box.selectionStart, end = box.selectionEnd) {
    const { lead, trail } = gaps(box.value, start, end);
    replace(box, start, end, lead + block + trail, lead.length + from, lead.length + to);
  }

  /** Marks the lines of the selection, or takes their marks off if all have them. */
  function toggleLines(box, { isOn, on, off, isKin = isOn, skipsBlank = true }) {
    const { start, end, lines } = linesOf(box);
    const isSelected = box.selectionStart !== box.selectionEnd;
    const counted = skipsBlank && lines.length > 1 ? lines.filter((line) => !isBlank(line)) : lines;
    const wasOn = counted.length > 0 && counted.every((line) => isOn(line));
    let number = 0;
    const changed = lines.map((line) => {
      if (skipsBlank && lines.length > 1 && isBlank(line)) return line;
      return wasOn ? off(line) : on(line, (number += 1));
    });
    const words = changed.join("\n");
    const { lead, trail } = wasOn ? { lead: "", trail: "" } : gaps(box.value, start, end, isKin);
    const from = isSelected ? lead.length : lead.length + words.length;
    replace(box, start, end, lead + words + trail, from, lead.length + words.length);
  }

  /** The level of the topmost heading that the text has outside of its code; 2 for a text without headings. */
  function topLevel(value) {
    const levels = [];
    let fence = "";
    for (const line of value.split("\n")) {
      const [, bar] = line.match(/^ {0,3}(`{3,}|~{3,})/) || [];
      if (fence) fence = bar && bar.startsWith(fence) ? "" : fence;
      else if (bar) fence = bar;
      else levels.push(...(line.match(/^ {0,3}(#{1,6})(?=\s|$)/) || []).slice(1).map((mark) => mark.length));
    }
    return levels.length ? Math.min(...levels) : 2;
  }

  function toggleHeading(box, below) {
    const { start, end } = linesOf(box);
    const others = `${box.value.slice(0, start)}\n${box.value.slice(end)}`;
    const mark = `${"#".repeat(Math.min(topLevel(others) + below, 6))} `;
    toggleLines(box, {
      isOn: (line) => line.startsWith(mark),
      on: (line) => mark + line.replace(MARK, ""),
      off: (line) => line.slice(mark.length),
      isKin: () => false,
    });
  }

  function toggleList(box, isOwn, mark) {
    const indent = (line) => line.match(/^\s*/)[0];
    toggleLines(box, {
      isOn: (line) => isOwn.test(line),
      on: (line, number) => indent(line) + mark(number) + line.trimStart().replace(MARK, ""),
      off: (line) => line.replace(isOwn, "$1"),
    });
  }

  const QUOTE = /^ {0,3}> ?/;

  function toggleQuotation(box) {
    toggleLines(box, {
      isOn: (line) => QUOTE.test(line),
      on: (line) => (isBlank(line) && linesOf(box).lines.length > 1 ? ">" : `> ${line}`),
      off: (line) => line.replace(QUOTE, ""),
      skipsBlank: false,
    });
  }

  /** A letter or an email with blanks: of the lines that are selected, or a beginning to write on from. */
  function fillIn(box) {
    const { value, selectionStart, selectionEnd } = box;
    const { start, end, lines } = linesOf(box);
    if (lines.every((line) => QUOTE.test(line))) {
      replace(box, selectionStart, selectionEnd, "____");
    } else if (selectionStart === selectionEnd && !isBlank(lines[0])) {
      place(box, "> Dear ____,", 7, 11, end, end);
    } else {
      const words = lines.every(isBlank) ? "Dear ____,\n\nI am writing about ____." : value.slice(start, end);
      const quoted = words.split("\n").map((line) => (isBlank(line) ? ">" : `> ${line}`));
      if (!words.includes("___")) quoted.push(">", "> ____");
      const block = quoted.join("\n");
      const blank = block.indexOf("___");
      place(box, block, blank, blank + block.slice(blank).match(/^_+/)[0].length, start, end);
    }
  }

  /** Where nothing is selected: marks the word, or begins a mark; inside of one, takes it off or goes on behind it. */
  function toggleMarkHere(box, mark) {
    const { value, selectionStart: here } = box;
    const { start, lines } = linesOf(box);
    const size = mark.length;
    const places = [];
    for (let at = lines[0].indexOf(mark); at >= 0; at = lines[0].indexOf(mark, at + size)) places.push(start + at);
    for (let index = 0; index + 1 < places.length; index += 2) {
      const [from, to] = [places[index] + size, places[index + 1]];
      if (here < from || here > to) continue;
      if (here === to && from !== to) return replace(box, to + size, to + size, "");
      return replace(box, from - size, to + size, value.slice(from, to), here - from);
    }
    const left = value.slice(0, here).match(/[^\s*`_]*$/)[0];
    const right = value.slice(here).match(/^[^\s*`_]*/)[0];
    if (!left || !right) return replace(box, here, here, mark + mark, size);
    return replace(box, here - left.length, here + right.length, mark + left + right + mark, size + left.length);
  }

  /** Wraps the words of the selection in a mark, line by line, or takes the mark off. */
  function toggleMark(box, mark) {
    const { value, selectionStart, selectionEnd } = box;
    const size = mark.length;
    if (selectionStart === selectionEnd) return toggleMarkHere(box, mark);
    if (value.slice(selectionStart - size, selectionStart) === mark && value.startsWith(mark, selectionEnd)) {
      const words = value.slice(selectionStart, selectionEnd);
      return replace(box, selectionStart - size, selectionEnd + size, words, 0, words.length);
    }
    const inside = new RegExp(`^(\\s*(?:(?:>|#{1,6}|[-*+]|\\d{1,9}[.)]) +)*)(.*?)(\\s*)$`);
    const lines = value.slice(selectionStart, selectionEnd).split("\n");
    const parts = lines.map((line) => line.match(inside).slice(1));
    const isOn = ([, words]) => words.length > 2 * size && words.startsWith(mark) && words.endsWith(mark);
    const wasOn = parts.some(isOn) && parts.every((part) => !part[1] || isOn(part));
    const words = parts
      .map(([before, within, after]) => {
        if (!within) return before + after;
        if (wasOn) return before + within.slice(size, -size) + after;
        return before + (isOn([before, within]) ? within : mark + within + mark) + after;
      })
      .join("\n");
    if (lines.length > 1) return replace(box, selectionStart, selectionEnd, words, 0, words.length);
    // The words stay selected, without the marks, so that a second press takes them off.
    const [before, within] = parts[0];
    const from = before.length + (wasOn || !within ? 0 : size);
    const length = within.length - (wasOn && within ? 2 * size : 0);
    return replace(box, selectionStart, selectionEnd, words, from, from + length);
  }

  /** Code inside of a line, or lines of it. */
  function toggleCode(box) {
    const words = box.value.slice(box.selectionStart, box.selectionEnd);
    if (!words.includes("\n")) return toggleMark(box, "`");
    const { start, end, lines } = linesOf(box);
    const isFence = (line) => /^(`{3,}|~{3,})/.test(line);
    if (lines.length > 2 && isFence(lines[0]) && isFence(lines.at(-1))) {
      const inside = lines.slice(1, -1).join("\n");
      return replace(box, start, end, inside, 0, inside.length);
    }
    const longest = Math.max(2, ...[...words.matchAll(/`+/g)].map((found) => found[0].length));
    const fence = "`".repeat(longest + 1);
    const block = `${fence}\n${lines.join("\n")}\n${fence}`;
    return place(box, block, 0, block.length, start, end);
  }

  /** A table to fill in, or one of rows that were copied from a spreadsheet and are selected. */
  function table(box) {
    const { start, end, lines } = linesOf(box);
    const row = (cells) => `| ${cells.join(" | ")} |`;
    const cell = (words) => words.trim().replaceAll("|", "\\|");
    if (box.selectionStart !== box.selectionEnd && lines.some((line) => line.includes("\t"))) {
      const rows = lines.filter((line) => !isBlank(line)).map((line) => line.split("\t").map(cell));
      const width = Math.max(...rows.map((cells) => cells.length));
      const full = rows.map((cells) => row([...cells, ...Array(width - cells.length).fill("")]));
      full.splice(1, 0, row(Array(width).fill("---")));
      const block = full.join("\n");
      place(box, block, 0, block.length, start, end);
      return;
    }
    const block = [row(["Heading", "Heading"]), row(["---", "---"]), row(["Text", "Text"])].join("\n");
    place(box, block, 2, 9, isBlank(lines.at(-1)) ? start : end, end);
  }

  /** Text that opens when its title is chosen: of the lines that are selected, or a beginning. */
  function expander(box) {
    const { start, end, lines } = linesOf(box);
    const words = lines.join("\n");
    const opened = words.match(/^<details>\s*<summary>.*?<\/summary>\s*([\s\S]*?)\s*<\/details>\s*$/);
    if (opened) {
      replace(box, start, end, opened[1], 0, opened[1].length);
      return;
    }
    const isSelected = box.selectionStart !== box.selectionEnd;
    const head = "<details><summary>";
    const title = "What opens";
    const block = `${head}${title}</summary>\n\n${isSelected ? words.trim() : "Text"}\n\n</details>`;
    const at = isSelected || isBlank(words) ? start : end;
    place(box, block, head.length, head.length + title.length, at, end);
  }

  /** A note at the end of the text, and its number here. */
  function note(box) {
    const { value, selectionEnd } = box;
    const numbers = [...value.matchAll(/\[\^(\d{1,6})\]/g)].map((found) => Number(found[1]));
    const number = Math.max(0, ...numbers) + 1;
    const rest = value.slice(selectionEnd).trimEnd();
    const notes = /(^|\n)\[\^[^\s\]]+\]:[^\n]*$/.test(value.trimEnd()) ? "\n" : "\n\n";
    replace(box, selectionEnd, value.length, `[^${number}]${rest}${notes}[^${number}]: `);
  }

  const line = (box) => place(box, "---", 3, 3, linesOf(box).end, linesOf(box).end);

  Object.assign(window.PortalEditor, {
    replace,
    place,
    linesOf,
    writing: {
      heading: (box) => toggleHeading(box, 0),
      smallerHeading: (box) => toggleHeading(box, 1),
      bold: (box) => toggleMark(box, "**"),
      bullets: (box) => toggleList(box, /^(\s*)[-*+](?: +|$)/, () => "- "),
      numbers: (box) => toggleList(box, /^(\s*)\d{1,9}[.)](?: +|$)/, (number) => `${number}. `),
      quotation: toggleQuotation,
      template: fillIn,
      code: toggleCode,
      table,
      expander,
      note,
      line,
    },
  });
})();
