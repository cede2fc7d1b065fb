/* The bar under the list: seen while something is selected, and what the selected issues are worth together. */
(() => {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const count = bar.querySelector("[data-count]"), sum = bar.querySelector("[data-sum]");
  let asked = 0;
  const show = (rows) => {
    bar.hidden = rows.length === 0;
    count.textContent = `${rows.length} selected`;
    const turn = ++asked;
    sum.textContent = "";
    if (rows.length < 1) return;
    const ids = rows.map((row) => row.querySelector("input[name=ids]").value).join(",");
    fetch(`${bar.dataset.together}?ids=${ids}`, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : { html: "" }))
      .then((found) => {
        if (turn !== asked) return;
        const parsed = new DOMParser().parseFromString(found.html, "text/html").body;
        sum.replaceChildren(...parsed.childNodes);
      })
      .catch(() => {});
  };
  document.addEventListener("ib:picked", (event) => show(event.detail));
  show([...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("input[name=ids]")?.checked));

  /* One open menu of the filters at a time. */
  const menus = [...document.querySelectorAll(".ib-drop")];
  menus.forEach((menu) => menu.addEventListener("toggle", () => {
    if (menu.open) menus.forEach((other) => { if (other !== menu) other.open = false; });
  }));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menus.forEach((menu) => { menu.open = false; });
  });
})();
