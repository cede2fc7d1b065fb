/* While a run that somebody asked for is under way: how far it is, every second; at its end the page anew. */
(() => {
  const every = 1000;
  for (const box of document.querySelectorAll("[data-progress]")) {
    const bar = box.querySelector("progress"), sentence = box.querySelector("[data-sentence]");
    box.querySelector("[data-refresh]").hidden = true;
    const look = async () => {
      try {
        const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) { box.querySelector("[data-refresh]").hidden = false; return; }
        const run = await answer.json();
        if (String(run.id) !== box.dataset.run || run.state === "finished") { location.reload(); return; }
        bar.value = run.percent;
        if (sentence.textContent !== run.sentence) sentence.textContent = run.sentence;
      } catch { /* the service is restarting: ask again */ }
      setTimeout(look, every);
    };
    setTimeout(look, every);
  }
})();
