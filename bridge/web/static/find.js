/* The one box: arrows choose a result, Enter opens it, Alt 1 to 3 copies without opening. */
(() => {
  const box = document.querySelector("#ask"), hits = [...document.querySelectorAll("[data-hit]")];
  if (!box) return;
  let at = 0;
  const choose = (step) => {
    hits[at].classList.remove("is-here");
    at = (at + step + hits.length) % hits.length;
    hits[at].classList.add("is-here");
    hits[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey && /^Digit[1-3]$/.test(event.code)) {
      const copy = hits[event.code.at(-1) - 1]?.querySelector("[data-copy]");
      if (copy) { event.preventDefault(); copy.click(); }
    }
    if (event.target !== box || !hits.length || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Enter" && box.value === box.defaultValue) { event.preventDefault(); hits[at].querySelector("a.ib-title").click(); }
  });
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
})();
