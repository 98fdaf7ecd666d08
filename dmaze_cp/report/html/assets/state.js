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
