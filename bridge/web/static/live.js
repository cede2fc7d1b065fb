/* Asks the server what a form, as it is typed, would do, and shows the parts of its answer that are marked data-live. */
window.ibLive = (form, act, then) => {
  let asked = 0;
  return async () => {
    const mine = ++asked;
    const body = new FormData(form);
    body.set("do", act);
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
    then(page);
  };
};
