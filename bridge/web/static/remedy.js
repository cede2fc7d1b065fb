/* The remedy editor: counts while typing, asks the server's own check when typing rests, Ctrl S saves the draft. */
(() => {
  const form = document.querySelector("[data-remedy]");
  if (!form) return;
  const counters = [...form.querySelectorAll("[data-count]")];
  const count = () => counters.forEach((counter) => {
    const typed = document.getElementById(counter.dataset.count).value.length;
    counter.textContent = `${typed} / ${counter.dataset.max}`;
    counter.classList.toggle("is-red-t", typed >= Number(counter.dataset.max));
  });

  const check = ibLive(form, "check", (page) => {
    form.querySelector("[data-approve]").disabled = page.querySelector("[data-approve]")?.disabled ?? true;
    const reason = page.getElementById("reason")?.closest(".ib-f");
    if (reason && !document.getElementById("reason")) document.getElementById("f-state").closest(".ib-row").after(reason);
  });

  let resting;
  form.addEventListener("input", () => {
    count();
    clearTimeout(resting);
    resting = setTimeout(check, 500);
  });
  form.querySelector("[data-check]").hidden = true;
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  });
})();
