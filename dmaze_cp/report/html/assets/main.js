// The page: reads its data, and shows what they are.

function header(title, subtitle) {
  document.title = `${title} · dmaze-cp`;
  document.getElementById("head").replaceChildren(
    el("div", { class: "titles" }, el("h1", {}, title), el("p", {}, subtitle)),
    theme.button());
}

const SHOWS = {
  result: (root, data) => {
    const goals = data.objectives.map((o) => (o === "edp" ? "EDP" : o)).join(", ");
    header(data.model, `mapped onto ${data.architecture.name}, least ${goals}`);
    showResult(root, data);
  },
  results: (root, data) => {
    const models = new Set(data.results.map((r) => r.model)).size;
    const machines = new Set(data.results.map((r) => r.architecture.name)).size;
    header("Comparison", `${plural(models, "network")}, ${plural(machines, "accelerator")}`);
    showResults(root, data);
  },
  sweep: (root, data) => {
    header(data.name, `${data.pareto ? "Pareto sweep" : "sweep"} over ${data.parameters.join(", ")}; least ${OBJECTIVES[data.objective].name}`);
    showSweep(root, data);
  },
};

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.getElementById("main");
  const show = () => SHOWS[data.kind](root, data);
  show();
  // The back button, or a link within the page.
  window.addEventListener("popstate", show);
  window.addEventListener("scroll", () => tip.hide(), { passive: true });
  document.getElementById("foot").replaceChildren(
    el("p", {}, `dmaze-cp, ${data.schema}. Plots: drag or wheel to zoom, shift-drag or arrow keys to move, Escape to reset.`));
}

start();
