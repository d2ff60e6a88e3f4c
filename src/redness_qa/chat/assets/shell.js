// The panels, the days, the urgent banner and printing. Nothing that is chosen here leaves this tab, or is stored in it.
(() => {
  const root = document.documentElement;
  const words = window.rednessQA;
  const banner = document.querySelector("#urgent");
  const panels = document.querySelectorAll(".panel");
  const toggles = document.querySelectorAll("#panels button");
  const treated = document.querySelector("#treated");
  let closed = []; // sources that were closed before printing

  function open(name) {
    panels.forEach((panel) => panel.classList.toggle("open", panel.id === name));
    toggles.forEach((toggle) => {
      toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-controls") === name));
    });
    root.classList.toggle("with-panel", Boolean(name));
  }

  // A panel that scrolls must be reachable by keyboard; one whose choices are reached scrolls with them.
  panels.forEach((panel) => panel.setAttribute("tabindex", "0"));
  panels.forEach((panel) => {
    panel.addEventListener("change", (event) => {
      event.target.closest(".choices")?.querySelector(".results").scrollIntoView({ block: "nearest" });
    });
  });
  toggles.forEach((toggle) => {
    toggle.addEventListener("click", () => {
      const isOpen = toggle.getAttribute("aria-expanded") === "true";
      open(isOpen ? "" : toggle.getAttribute("aria-controls"));
    });
  });
  document.addEventListener("keydown", (event) => {
    const toggle = document.querySelector("#panels [aria-expanded=true]");
    if (event.key !== "Escape" || !toggle) return;
    open("");
    toggle.focus();
  });

  // Days pass while a tab stays open, so the date is kept, not the number of days.
  let date = null;
  const dayOf = (moment) => Math.floor((moment.getTime() - moment.getTimezoneOffset() * 60000) / 86400000);
  function showDays() {
    const days = date === null ? null : dayOf(new Date()) - date;
    const stages = [...document.querySelectorAll("#days > ol > li")];
    const current = days === null ? undefined : stages.filter((stage) => stage.value <= days).pop();
    stages.forEach((stage) => {
      if (stage === current) stage.setAttribute("aria-current", "step");
      else stage.removeAttribute("aria-current");
    });
    document.querySelector("#better").hidden = days === null || days < words.asksFromDay;
    return current;
  }
  treated?.addEventListener("change", () => {
    date = treated.value === "" ? null : dayOf(new Date()) - Number(treated.value);
    document.querySelectorAll("#better input").forEach((input) => (input.checked = false));
    const panel = document.querySelector("#days");
    const current = showDays();
    if (current && document.querySelector("#better").hidden) {
      panel.scrollTop += current.getBoundingClientRect().top - panel.getBoundingClientRect().top - 120;
    } else panel.scrollTop = 0;
  });
  document.addEventListener("visibilitychange", () => treated && showDays());

  // The advice of an urgent answer stays above the conversation until it is closed; none less urgent takes its place.
  function showUrgent(advice) {
    const isEmergency = advice.classList.contains("emergency");
    if (!banner.hidden && banner.classList.contains("emergency") && !isEmergency) return false;
    banner.className = isEmergency ? "emergency" : "contact_clinic";
    banner.querySelector("h2").textContent = advice.querySelector("h2").textContent;
    const copies = (selector) => [...advice.querySelectorAll(selector)].map((part) => part.cloneNode(true));
    banner.querySelector("div").replaceChildren(...copies("p:not(.call)"));
    banner.querySelector(":scope > .call").replaceChildren(...copies(".call a"));
    banner.hidden = false;
    return true;
  }
  function closeUrgent() {
    banner.hidden = true;
    document.querySelectorAll(".in-banner").forEach((advice) => advice.classList.remove("in-banner"));
  }
  banner.querySelector("button").addEventListener("click", () => {
    closeUrgent();
    document.querySelector("#question textarea")?.focus({ preventScroll: true });
  });

  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)));

  function say(sentence) {
    document.querySelector("#status").textContent = sentence;
  }

  function wipe() {
    open("");
    closeUrgent();
    date = null;
    if (treated) {
      treated.value = "";
      showDays();
    }
    document.querySelectorAll(".panel input").forEach((input) => (input.checked = false));
    say(words.cleared);
  }

  words.shell = { open, showUrgent, wipe, say };
})();
