// The page: reads its data, and shows them.

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.getElementById("main");
  document.title = `${data.title} · dmaze-cp`;
  document.getElementById("head").replaceChildren(
    el("div", { class: "titles" }, el("h1", {}, data.title), el("p", {}, data.about)), theme.button());
  const show = () => {
    root.replaceChildren(...render(data.blocks));
    revealNamed();
  };
  show();
  // The back button, or a link within the page.
  window.addEventListener("popstate", show);
  window.addEventListener("scroll", () => tip.hide(), { passive: true });
  document.getElementById("foot").replaceChildren(el("p", {},
    "dmaze-cp. Plots: drag or wheel to zoom, shift-drag or arrow keys to move, Escape to reset."));
}

start();
