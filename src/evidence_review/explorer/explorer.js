// What the explorer needs of the browser: names for handles, settings in the address, and a word
// when the kernel is gone.
(() => {
  if (window.evidenceReviewExplorer) return;
  window.evidenceReviewExplorer = true;
  const PATIENCE = 6000; // milliseconds until a kernel that does not count is taken for gone
  let waiting = 0, address = null;

  const counted = explorer => explorer.querySelector(".explorer-counted").textContent;

  // Any move presses a hidden button; a kernel that is there counts the presses.
  function ask(event) {
    const explorer = event.target.closest?.(".explorer");
    if (!explorer || waiting || event.target.closest(".explorer-ask")) return;
    const before = counted(explorer);
    explorer.querySelector(".explorer-ask").click();
    waiting = setTimeout(() => {
      waiting = 0;
      const gone = explorer.querySelector(".explorer-gone");
      gone.hidden = counted(explorer) !== before;
      if (!gone.hidden) gone.scrollIntoView({block: "nearest"});
    }, PATIENCE);
  }
  for (const move of ["change", "keydown", "pointerdown"]) document.addEventListener(move, ask, true);

  // A page of its own (JupyterLab's address is its own): the kernel is told once what the address asks
  // for, and the address follows the answer from then on.
  function useAddress() {
    const verdict = document.querySelector(".explorer [data-address]");
    const asked = document.querySelector(".explorer-asked input");
    if (!verdict || !asked || verdict.dataset.address === address) return;
    if (address !== null) history.replaceState(null, "", verdict.dataset.address);
    else if (location.search) {
      asked.value = location.search.slice(1);
      asked.dispatchEvent(new Event("input", {bubbles: true}));
    }
    address = verdict.dataset.address;
  }

  new MutationObserver(() => {
    // The handle of a slider has no name of its own: it gets its label's, for those who do not see it.
    for (const slider of document.querySelectorAll(".explorer .widget-slider")) {
      const label = slider.querySelector(".widget-label").textContent;
      for (const handle of slider.querySelectorAll("[role=slider]:not([aria-label])"))
        handle.setAttribute("aria-label", label);
    }
    if (document.body.dataset.voila) useAddress();
  }).observe(document.body, {childList: true, subtree: true});
})();
