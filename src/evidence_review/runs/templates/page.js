{
  // Long tables are short at first, tables sort and can be searched, and what a link leads to is opened.
  const SHORT = 8;  // rows of a table that is longer than a screen
  const made = (name, words, more = {}) => Object.assign(document.createElement(name), { textContent: words }, more);
  const whole = new Map();  // what shows all rows, by table

  const value = (row, column) => {
    const text = row.cells[column]?.textContent.trim() ?? "";
    const number = parseFloat(text.replace("p ", "").replace(/[<>=\u2248\u2264\u2265 ]/g, "").replace("\u2212", "-").replace(/^\./, "0."));
    return text === "" || text === "\u2013" ? null : isNaN(number) ? text.toLowerCase() : number;
  };
  const before = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;

  const sortable = (table, rows) => {
    const heads = [...table.tHead.rows[0].cells];
    if (heads.some((head) => head.colSpan > 1)) return;
    heads.forEach((head, column) => {
      const button = made("button", head.textContent, { type: "button", className: "sort" });
      head.replaceChildren(button);
      button.onclick = () => {
        const turn = head.ariaSort === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.ariaSort = turn === 1 ? "ascending" : "descending";
        whole.get(table)?.();
        const known = rows.filter((row) => value(row, column) !== null);
        known.sort((a, b) => turn * before(value(a, column), value(b, column)));
        table.tBodies[0].append(...known, ...rows.filter((row) => value(row, column) === null));
      };
    });
  };

  const shortened = (table, rows, scroll) => {
    const more = made("button", `and ${rows.length - SHORT} more`, { type: "button", className: "more" });
    const find = made("input", "", { type: "search", placeholder: `Find in ${rows.length} rows` });
    find.setAttribute("aria-label", `${find.placeholder}: ${scroll.getAttribute("aria-label")}`);
    const show = (wanted) => rows.forEach((row, i) => { row.hidden = !wanted(row, i); });
    const short = () => {
      show((_, i) => i < SHORT);
      more.hidden = false;
    };
    const all = () => {
      show(() => true);
      more.hidden = true;
    };
    more.onclick = () => {
      all();
      rows[SHORT].querySelector("a, button")?.focus();
    };
    find.oninput = () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (!words.length) return short();
      show((row) => words.every((word) => row.textContent.toLowerCase().includes(word)));
      more.hidden = true;
    };
    whole.set(table, all);
    const over = made("p", "", { className: "find" });
    over.append(find);
    scroll.before(over);
    scroll.after(more);
    short();
  };

  for (const scroll of document.querySelectorAll("main .table-scroll")) {
    const table = scroll.querySelector("table.data"), rows = [...(table?.tBodies[0]?.rows ?? [])];
    if (!table?.tHead || table.tBodies.length > 1 || rows.length < 3) continue;
    sortable(table, rows);
    if (scroll.classList.contains("tall")) shortened(table, rows, scroll);
  }

  const reveal = (place) => {
    for (let part = place.closest("details:not([open])"); part; part = part.parentElement.closest("details:not([open])")) part.open = true;
    whole.get(place.closest("table"))?.();
  };
  // A link to many rows, '#rows=table-3,4;other-7', marks them all and goes to the first.
  const follow = () => {
    document.querySelectorAll("tr.wanted").forEach((row) => row.classList.remove("wanted"));
    const hash = decodeURIComponent(location.hash.slice(1));
    const many = hash.match(/^rows=(.+)$/);
    const ids = !many ? [hash] : many[1].split(";").flatMap((part) => {
      const cut = part.lastIndexOf("-");
      return part.slice(cut + 1).split(",").map((line) => part.slice(0, cut + 1) + line);
    });
    const places = ids.map((id) => id && document.getElementById(id)).filter(Boolean);
    places.forEach(reveal);
    if (many) places.forEach((row) => row.classList.add("wanted"));
    if (places[0] && places[0].closest("details, .table-scroll")) places[0].scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", follow);
  follow();

  const details = document.querySelector(".code-switch input");
  if (details) details.onchange = () => document.querySelectorAll("main details.expert").forEach((part) => { part.open = details.checked; });
}
