{
  // A number's card: what it rests on, beside it, while a person points at it or has come to it by keyboard.
  const told = JSON.parse(document.getElementById("cards").textContent);
  const NUMBERS = 'a[href*="#finding-"], a[href^="sources.html#"], a[href^="#"][href*="-statistics-"]';
  const card = document.createElement("span");
  card.className = "number-card";
  card.popover = "manual";
  let shown = null, wait = 0, touched = false;
  const add = (parent, name, words, kind = "") => {
    const made = document.createElement(name);
    made.textContent = words;
    if (kind) made.className = kind;
    parent.append(made);
    return made;
  };
  const link = (parent, address, words) => {
    add(parent, "a", words).href = address;
  };
  const anchors = (fragment) => !fragment.startsWith("rows=") ? [fragment] : fragment.slice(5).split(";").flatMap((part) => {
    const cut = part.lastIndexOf("-");
    return part.slice(cut + 1).split(",").map((line) => part.slice(0, cut + 1) + line);
  });
  const tellRow = (anchor) => {
    const row = told.rows[anchor];
    if (!row) return;
    const part = add(card, "span", "", "of-row");
    add(part, "span", row.prints, "prints");
    if (row.missing) add(part, "span", row.missing);
    if (row.where) add(part, "span", row.where);
    if (row.basis && row.basis !== "reported") add(part, "span", row.rule ? `${row.basis}: ${row.rule}` : row.basis);
    const links = add(part, "span", "", "links");
    link(links, `sources.html#${anchor}`, "See the row");
    if (row.doi) link(links, `https://doi.org/${row.doi}`, `doi ${row.doi}`);
    else if (row.pmid) link(links, `https://pubmed.ncbi.nlm.nih.gov/${row.pmid}/`, `PMID ${row.pmid}`);
  };
  const tell = (number) => {
    const fragment = decodeURIComponent(number.hash.slice(1));
    card.replaceChildren();
    const finding = fragment.startsWith("finding-") && told.findings[fragment.slice(8)];
    if (finding) {
      add(card, "strong", finding.value);
      add(card, "span", finding.label);
      add(card, "span", finding.note ? `${finding.basis}: ${finding.note}` : finding.basis);
      finding.rows.forEach(tellRow);
      if (finding.more) link(add(card, "span", "", "links"), finding.address, `and ${finding.more} more`);
    } else {
      const rows = anchors(fragment);
      rows.slice(0, 3).forEach(tellRow);
      if (rows.length > 3) link(add(card, "span", "", "links"), number.href, `and ${rows.length - 3} more`);
    }
    return card.childElementCount > 0;
  };
  const hide = () => {
    clearTimeout(wait);
    if (shown) card.hidePopover();
    shown = null;
  };
  const show = (number) => {
    clearTimeout(wait);
    if (shown === number) return;
    hide();
    if (!tell(number)) return;
    number.after(card);
    card.showPopover();
    shown = number;
    beside(number);
  };
  const beside = (number) => {
    const at = number.getBoundingClientRect(), size = card.getBoundingClientRect();
    const below = at.bottom + 4, above = at.top - size.height - 4;
    card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    card.style.top = `${below + size.height > innerHeight && above > 0 ? above : below}px`;
  };
  const numberAt = (target) => target instanceof Element && !card.contains(target) ? target.closest(NUMBERS) : null;
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (card.contains(event.target)) return clearTimeout(wait);
    const number = numberAt(event.target);
    clearTimeout(wait);
    wait = setTimeout(() => (number ? show(number) : card.contains(document.activeElement) || hide()), number ? 120 : 250);
  });
  document.addEventListener("focusin", (event) => {
    if (card.contains(event.target)) return;
    const number = numberAt(event.target);
    if (number && event.target.matches(":focus-visible")) show(number);
    else if (!number) hide();
  });
  document.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; });
  document.addEventListener("click", (event) => {
    const number = numberAt(event.target);
    if (!number) return card.contains(event.target) || hide();
    if (touched && shown !== number && !event.ctrlKey) {  // a first touch shows the card, a second follows the link
      event.preventDefault();
      show(number);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown) return;
    shown.focus();
    hide();
  });
  addEventListener("scroll", (event) => { if (event.target !== document || !shown || card.contains(document.activeElement)) return;
    if (shown === document.activeElement) beside(shown);  // it was come to by keyboard, and stays
    else hide();
  }, { passive: true });
}
