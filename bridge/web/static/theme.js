/* Before the first paint: the reader's system decides where they chose nothing. */
(() => {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  if (root.dataset.ibTheme !== "auto") return;
  const set = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  set(); dark.addEventListener("change", set);
})();
