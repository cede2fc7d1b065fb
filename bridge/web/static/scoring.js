/* The constants: when typing rests, the server says who would move. Everything works without this file. */
(() => {
  const form = document.querySelector("[data-scoring]");
  if (!form) return;
  let asked = 0, resting;
  const ask = async () => {
    const mine = ++asked;
    const body = new FormData(form);
    body.set("do", "try");
    let text;
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      return;
    }
    if (mine !== asked) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    document.querySelectorAll("[data-live]").forEach((part) => {
      const fresh = page.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (fresh) part.replaceChildren(...fresh.childNodes);
    });
    form.querySelectorAll("[data-part]").forEach((part) => {
      const fresh = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!fresh) return;
      part.className = fresh.className;
      const wrong = fresh.classList.contains("is-wrong");
      part.querySelector("input, textarea, select")?.setAttribute("aria-invalid", wrong);
    });
  };
  form.addEventListener("input", (event) => {
    if (event.target.name === "reason") return;
    clearTimeout(resting);
    resting = setTimeout(ask, 300);
  });
  /* The first look reads the whole ranking: begun while the reader still chooses a number. */
  form.addEventListener("focusin", ask, { once: true });
  form.querySelector("[data-try]").hidden = true;
})();
