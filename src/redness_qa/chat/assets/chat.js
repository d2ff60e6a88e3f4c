// What Gradio leaves undone for people who use a screen reader or a keyboard, and what the buttons of an answer do.
(() => {
  const words = window.rednessQA;
  const { shell } = words;
  let shown = 0;
  document.documentElement.style.setProperty("--waiting", JSON.stringify(words.waiting));

  const log = () => document.querySelector('#conversation [role="log"]');
  const box = () => document.querySelector("#question textarea");
  const isFine = () => window.matchMedia("(pointer: fine)").matches;

  // Gradio labels a message with its raw source; say who speaks instead.
  function nameMessage(message) {
    message.removeAttribute("aria-label");
    if (message.querySelector(":scope > .visually-hidden")) return;
    const speaker = document.createElement("span");
    speaker.className = "visually-hidden";
    speaker.textContent = (message.dataset.testid === "user" ? words.you : words.answer) + ": ";
    message.prepend(speaker);
  }

  // Show a new answer from its question on, or from its own start below a long question: urgent advice comes first
  // in an answer and must be in view.
  function showNewest(conversation) {
    const questions = conversation.querySelectorAll(".user-row");
    const answers = conversation.querySelectorAll(".bot-row .answer");
    if (answers.length > shown && questions.length) {
      const advice = answers[answers.length - 1].querySelector(".advice");
      if (advice && shell.showUrgent(advice)) {
        conversation.querySelectorAll(".in-banner").forEach((other) => other.classList.remove("in-banner"));
        advice.classList.add("in-banner");
      }
      shell.say("");
      const question = questions[questions.length - 1];
      const isShort = question.offsetHeight < conversation.clientHeight / 3;
      const start = isShort ? question : question.nextElementSibling ?? question;
      conversation.scrollTop += start.getBoundingClientRect().top - conversation.getBoundingClientRect().top - 8;
    }
    shown = answers.length;
    document.documentElement.classList.toggle("can-clear", shown > 0);
  }

  function tidy() {
    const root = document.documentElement;
    if (root.lang !== words.language) root.lang = words.language;
    if (document.title !== words.title) document.title = words.title;
    const conversation = log();
    if (!conversation || !box()) return;
    root.classList.add("ready");
    if (conversation.getAttribute("aria-label") !== words.conversation_label) {
      conversation.setAttribute("aria-label", words.conversation_label);
    }
    // A region that scrolls must be reachable by keyboard, but only while it is in view.
    const reachable = conversation.querySelector(".message-row") ? "0" : "-1";
    if (conversation.getAttribute("tabindex") !== reachable) conversation.setAttribute("tabindex", reachable);
    conversation.querySelectorAll("[data-testid=user][aria-label], [data-testid=bot][aria-label]").forEach(nameMessage);
    if (words.language !== words.guideLanguage) {
      document.querySelectorAll(".suggestion:not([lang])").forEach((button) => (button.lang = words.guideLanguage));
    }
    conversation.querySelectorAll('a[href^="tel:"][target]').forEach((link) => link.removeAttribute("target"));
    showNewest(conversation);
  }

  // An answer as plain text: question, message, quotations with their sources, and the notice.
  function plainText(answer) {
    const row = answer.closest(".message-row");
    let question = row?.previousElementSibling;
    while (question && !question.classList.contains("user-row")) question = question.previousElementSibling;
    const text = (element) => element.textContent.replace(/\s+/g, " ").trim();
    const asked = question?.querySelector("[data-testid=user] .prose, [data-testid=user] p");
    const parts = [words.title, asked ? `${words.you}: ${text(asked)}` : ""];
    for (const part of answer.querySelectorAll(".advice > *, .message > *, figure")) {
      if (!part.matches("figure")) parts.push(text(part));
      else parts.push(`"${text(part.querySelector("blockquote"))}" (${text(part.querySelector("figcaption"))})`);
    }
    const sources = [...answer.querySelectorAll(".sources li")].map((item, number) => {
      const address = item.querySelector("a")?.getAttribute("href");
      return `${number + 1}. ${text(item)}${address ? `, ${address}` : ""}`;
    });
    if (sources.length) parts.push([`${words.sources_label}:`, ...sources].join("\n"));
    parts.push(words.disclaimer);
    return parts.filter(Boolean).join("\n\n");
  }

  async function copy(answer) {
    const text = plainText(answer);
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // In a frame, or without a secure connection, only the old way works.
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const isCopied = document.execCommand("copy");
      field.remove();
      return isCopied;
    }
  }

  // Gradio hears of a value as of a reader's typing.
  function type(field, text) {
    if (!field) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const nearest = () => document.querySelector("#nearest textarea");

  // Done here and by Gradio's own button, not on the server: what a reader wipes is gone at once, without a network.
  function startOver() {
    document.querySelector("#conversation .icon-button-wrapper button")?.click();
    type(box(), "");
    type(nearest(), "");
    showNote(false);
    shell.wipe();
  }

  // A note belongs to the question before it; only Gradio can take it away.
  function showNote(isShown) {
    document.querySelector("#note").classList.toggle("over", !isShown);
  }

  async function use(button) {
    const answer = button.closest(".answer");
    const said = answer.querySelector(".said");
    if (button.matches(".copy")) {
      said.textContent = (await copy(answer)) ? words.copied : words.not_copied;
      button.focus({ preventScroll: true });
    } else if (button.matches(".print")) window.print();
    else if (button.matches(".nearest")) {
      type(nearest(), button.textContent);
      document.querySelector("#ask-nearest").click();
      (isFine() ? box() : log())?.focus({ preventScroll: true });
    } else if (!answer.querySelector("[aria-pressed]")) {
      button.setAttribute("aria-pressed", "true");
      document.querySelector(button.matches(".helped") ? "#helped" : "#did_not_help").click();
      said.textContent = words.feedback_thanks;
    }
  }

  // The suggestions leave the page with the first answer: move the focus on before it is lost. On a touch screen
  // the box would raise the keyboard over the answer, so the conversation takes it there.
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("#conversation .answer button");
    if (event.target.closest(".nearest, .suggestion, #ask")) showNote(true);
    if (button) use(button);
    else if (event.target.closest(".suggestion")) (isFine() ? box() : log())?.focus({ preventScroll: true });
    else if (event.target.closest("#clear")) {
      startOver();
      box()?.focus({ preventScroll: true });
    } else if (event.target.closest("#ask")) {
      shell.open("");
      if (isFine()) box()?.focus({ preventScroll: true });
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.target !== box()) return;
    showNote(true);
    shell.open("");
  });

  new MutationObserver(tidy).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["aria-label", "lang"],
    childList: true,
    subtree: true,
  });
})();
