/* The constants: when typing rests, the server says who would move. Everything works without this file. */
(() => {
  const form = document.querySelector("[data-scoring]");
  if (!form) return;
  let resting;
  const ask = ibLive(form, "try", (page) => {
    form.querySelectorAll("[data-part]").forEach((part) => {
      const fresh = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!fresh) return;
      part.className = fresh.className;
      const wrong = fresh.classList.contains("is-wrong");
      part.querySelector("input, textarea, select")?.setAttribute("aria-invalid", wrong);
    });
  });
  form.addEventListener("input", (event) => {
    if (event.target.name === "reason") return;
    clearTimeout(resting);
    resting = setTimeout(ask, 300);
  });
  /* The first look reads the whole ranking: begun while the reader still chooses a number. */
  form.addEventListener("focusin", ask, { once: true });
  form.querySelector("[data-try]").hidden = true;
})();
