/* The card's own keys beside those of bridge.js: 1 to 3 same issue, n new issue; / goes to the box, here or on its page. */
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    if (event.key === "/") {
      const box = document.querySelector("#find");
      event.preventDefault();
      if (box?.checkVisibility()) box.focus();
      else location.assign(document.body.dataset.find);
      return;
    }
    document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
})();
