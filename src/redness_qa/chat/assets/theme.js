// Before anything is painted: light or dark, as Gradio will choose it later, and the word that scripts run.
(() => {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("__theme");
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const choose = () => {
    root.dataset.theme = asked === "dark" || asked === "light" ? asked : isDark.matches ? "dark" : "light";
  };
  choose();
  isDark.addEventListener("change", choose);
  root.classList.add("js");
})();
