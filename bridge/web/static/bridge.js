/* Everything works without this file; it saves key strokes. Pages bring their own small files for what is theirs. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  /* On a phone the menu scrolls: the reader's own place in it must be in sight. */
  $(".ib-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  const typing = (target) => target.matches("input:not([type=checkbox]), textarea, select");

  /* Copy the words of the block that the button stands in; where the browser refuses, select them. */
  const tell = (button, text) => {
    const label = $("[data-label]", button) || button, old = label.textContent;
    label.textContent = text;
    setTimeout(() => { label.textContent = old; }, 1500);
  };
  const select = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const words = $("[data-say]", button.closest("[data-words]"));
    const refused = () => { select(words); tell(button, "Press Ctrl C"); };
    if (!navigator.clipboard) { refused(); return; }
    navigator.clipboard.writeText(words.textContent.trim()).then(() => tell(button, "Copied"), refused);
  });

  /* Lists: j and k move, x selects, e unfolds, Enter opens. */
  const rows = $$("[data-rows] [data-row]");
  let at = -1;
  const move = (step) => {
    rows[at]?.classList.remove("is-here");
    at = Math.min(rows.length - 1, Math.max(0, at + step));
    rows[at].classList.add("is-here");
    rows[at].scrollIntoView({ block: "nearest" });
  };
  const box = (row) => $("input[type=checkbox]", row);
  const count = () => {
    const picked = rows.filter((row) => box(row)?.checked);
    rows.forEach((row) => row.setAttribute("aria-selected", Boolean(box(row)?.checked)));
    document.dispatchEvent(new CustomEvent("ib:picked", { detail: picked }));
  };
  rows.forEach((row) => box(row)?.addEventListener("change", count));
  const clear = () => { rows.forEach((row) => { if (box(row)) box(row).checked = false; }); count(); };
  $("[data-clear]")?.addEventListener("click", clear);

  const onList = {
    j: () => move(1),
    k: () => move(-1),
    x: () => { const mark = rows[at] && box(rows[at]); if (mark) { mark.checked = !mark.checked; count(); } },
    e: () => { const more = rows[at] && $("details, [data-unfold]", rows[at]); more?.matches("details") ? (more.open = !more.open) : more?.click(); },
    Enter: () => $("a.ib-title", rows[at])?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") { typing(event.target) ? event.target.blur() : clear(); return; }
    if (typing(event.target) || $("dialog[open]")) return;
    if (event.key === "/") { event.preventDefault(); $("#ask, #find")?.focus(); }
    else if (event.key === "?") $("#keys")?.showModal();
    else if (event.key === "c") $("[data-copy]")?.click();
    else if (event.key === "Enter" ? rows[at] && event.target === document.body : rows.length) onList[event.key]?.();
  });
})();
