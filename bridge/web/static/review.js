/* The review queue: 1, 2, n and s answer the ticket in front; an answer goes out without loading the page anew. */
(() => {
  const list = document.querySelector("[data-questions]");
  if (!list) return;
  const open = () => [...list.querySelectorAll("[data-question]")];
  let here = open()[0];
  const stand = (question, focus) => {
    here?.classList.remove("is-here");
    here = question;
    here?.classList.add("is-here");
    if (focus && here) { here.focus({ preventScroll: true }); here.scrollIntoView({ block: "nearest" }); }
  };
  const following = (question) => {
    const all = open(), place = all.indexOf(question);
    return all[place + 1] || all[place - 1];
  };
  stand(here);

  const left = (count) => {
    const line = document.querySelector("[data-left-of]"), mark = document.querySelector("[data-left]");
    if (line) line.textContent = count ? `${count} ${count === 1 ? "ticket waits" : "tickets wait"}.` : "";
    if (mark) { mark.firstChild.textContent = count; mark.hidden = count === 0; }
  };
  const put = (question, html) => {
    const note = document.createElement("section");
    note.className = "ib-panel ib-pad";
    note.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    const next = following(question);
    question.replaceWith(note);
    if (next) stand(next, true);
    else if (!list.querySelector(".is-amber-t")) location.assign(list.dataset.more);
  };
  list.addEventListener("submit", (event) => {
    const question = event.target.closest("[data-question]");
    if (!question) return;
    event.preventDefault();
    const form = event.target, body = new FormData(form, event.submitter);
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } })
      .then((answer) => answer.json())
      .then((said) => { if (said.left !== undefined) left(said.left); put(question, said.html); })
      .catch(() => location.reload());
  });
  list.addEventListener("focusin", (event) => {
    const question = event.target.closest("[data-question]");
    if (question) stand(question);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    if (event.key === "s" && here) {
      const all = open(), next = all[all.indexOf(here) + 1];
      if (next) { event.preventDefault(); stand(next, true); return; }
    }
    here?.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
})();
