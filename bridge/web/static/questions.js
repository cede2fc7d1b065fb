/* Keys of a question: y, n and s press its buttons. Everything works without this file. */
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
})();
