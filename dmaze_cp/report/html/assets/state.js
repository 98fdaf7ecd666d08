// What is shown: kept in the address's fragment, so that a link leads to it.

const state = {
  get(key) {
    return new URLSearchParams(location.hash.slice(1)).get(key);
  },
  /** Change what is shown; null leaves a key out. `replace` keeps the step out of the history. */
  set(changes, replace = false) {
    const parameters = new URLSearchParams(location.hash.slice(1));
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined) parameters.delete(key);
      else parameters.set(key, value);
    }
    const fragment = `#${parameters.toString()}`;
    if (fragment === location.hash || (fragment === "#" && !location.hash)) return;
    if (replace) history.replaceState(null, "", fragment);
    else history.pushState(null, "", fragment);
  },
};

const links = [];
const clears = {};

/** Tell a part of the page, as long as it is there, which key of a selection is chosen. */
function link(key, node, select) {
  links.push({ key, node, select });
}

/** Select keys: change the address, and everything that shows what is selected. */
function pick(changes) {
  const gone = Object.keys(changes).flatMap((key) => clears[key] || []).filter((key) => !(key in changes));
  state.set({ ...Object.fromEntries(gone.map((key) => [key, null])), ...changes });
  for (const one of links.splice(0).filter((each) => each.node.isConnected)) {
    links.push(one);
    if (one.key in changes) one.select(String(changes[one.key]), true);
  }
}

const theme = {
  get dark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },
  toggle() {
    document.documentElement.dataset.theme = theme.dark ? "light" : "dark";
    document.dispatchEvent(new Event("themechange"));
  },
  button() {
    const button = el("button", { type: "button", class: "quiet", id: "theme", on: { click: () => {
      theme.toggle();
      label();
    } } });
    const label = () => {
      button.textContent = theme.dark ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to the ${theme.dark ? "light" : "dark"} theme`);
    };
    label();
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", () => {
      label();
      document.dispatchEvent(new Event("themechange"));
    });
    return button;
  },
};
