{
  // Long tables are short at first, tables sort and can be searched, and what a link leads to is opened.
  const SHORT = 8;  // rows of a table that is longer than a screen
  const made = (name, words, more = {}) => Object.assign(document.createElement(name), { textContent: words }, more);
  const whole = new Map();  // what shows all rows, by table

  const value = (row, column) => {
    const text = row.cells[column]?.textContent.trim() ?? "";
    const number = parseFloat(text.replace("p ", "").replace(/(\d),(?=\d{3})/g, "$1").replace(/[<>=\u2248\u2264\u2265 ]/g, "").replace("\u2212", "-").replace(/^\./, "0."));
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

  // What is seen can be taken away: a figure as SVG or PNG, a table as CSV, a citation as text.
  const save = (address, name) => made("a", "", { href: address, download: name }).click();
  const quoted = (cell) => `"${cell.textContent.trim().replaceAll('"', '""').replace(/^[=+@]/, "'$&")}"`;
  const csv = (table) => {
    const lines = [...table.rows].map((row) => [...row.cells].map(quoted).join(","));
    return URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" }));
  };
  const picture = (figure) => {
    const drawing = figure.querySelector("svg");
    if (!drawing) return figure.querySelector("img").src;
    return `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  };
  const png = async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const wide = 1600, sheet = made("canvas", "", { width: wide, height: Math.round(wide * image.naturalHeight / image.naturalWidth) });
    const ink = sheet.getContext("2d");
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, sheet.width, sheet.height);
    ink.drawImage(image, 0, 0, sheet.width, sheet.height);
    return sheet.toDataURL("image/png");
  };
  const button = (words, act) => made("button", words, { type: "button", onclick: act });
  for (const figure of document.querySelectorAll("main figure.figure")) {
    const name = figure.id || "figure";
    if (!figure.querySelector("figcaption")) figure.append(made("figcaption", ""));
    const caption = figure.querySelector("figcaption");
    const tools = caption.querySelector(".save") ?? caption.appendChild(made("span", "", { className: "save" }));
    tools.prepend(
      button("SVG", () => save(picture(figure), `${name}.svg`)), " ",
      button("PNG", async () => save(await png(picture(figure)), `${name}.png`)), " ",
    );
    tools.before(" ");
    tools.prepend("Save: ");
    if (figure.id) tools.append(" ", made("a", "link to this", { href: `#${figure.id}`, className: "here" }));
  }
  for (const table of document.querySelectorAll("main table.data")) {
    if (!table.caption) continue;
    const tools = made("span", "", { className: "save" });
    tools.append(button("CSV", () => save(csv(table), "table.csv")));
    tools.firstChild.setAttribute("aria-label", "Save this table as CSV");
    // A table whose roles are spelled out, since it becomes cards, may hold rows and nothing else.
    table.role ? table.closest(".table-scroll").after(tools) : table.caption.append(" ", tools);
  }
  for (const cite of document.querySelectorAll(".cite")) {
    if (!navigator.clipboard) continue;
    const words = cite.textContent;
    const copy = button("Copy", async () => {
      await navigator.clipboard.writeText(words);
      copy.textContent = "Copied";
    });
    cite.append(" ", copy);
  }

  // A term says what it means where it first stands on the page: to a pointer, a finger and the keyboard.
  const meaning = Object.assign(made("span", ""), { className: "number-card", popover: "auto" });
  const explain = (term, words) => {
    meaning.textContent = words;
    term.after(meaning);
    meaning.showPopover();
    const at = term.getBoundingClientRect(), size = meaning.getBoundingClientRect();
    meaning.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    meaning.style.top = `${at.bottom + 4}px`;
  };
  const TOLD = "main :is(p, li, dd, figcaption)", NOT_TOLD = "a, button, code, [role=status], .stage, .term";
  for (const entry of document.querySelectorAll(".glossary dt")) {
    const forms = entry.dataset.forms.split("|").map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const form = new RegExp(`(?<![\\p{L}\\d-])(?:${forms.join("|")})(?![\\p{L}\\d-])`, "u");
    const words = entry.nextElementSibling.textContent;
    const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT, (text) =>
      form.test(text.data) && text.parentElement.closest(TOLD) && !text.parentElement.closest(NOT_TOLD) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
    const text = walk.nextNode();
    if (!text) continue;
    const found = text.splitText(text.data.search(form));
    found.splitText(found.data.match(form)[0].length);
    const term = made("button", found.data, { type: "button", className: "term" });
    term.setAttribute("aria-description", words);
    found.replaceWith(term);
    term.onclick = () => explain(term, words);
    term.onpointerenter = (event) => { if (event.pointerType !== "touch") explain(term, words); };
    term.onpointerleave = (event) => { if (event.pointerType !== "touch") meaning.hidePopover(); };
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
