// What Gradio leaves undone for people who use a screen reader or a keyboard; see the words in window.rednessQA.
(() => {
  const words = window.rednessQA;
  let shown = 0;
  document.documentElement.style.setProperty("--waiting", JSON.stringify(words.waiting));

  const log = () => document.querySelector('#conversation [role="log"]');
  const box = () => document.querySelector("#question textarea");

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
  function scrollToNewest(conversation) {
    const questions = conversation.querySelectorAll(".user-row");
    const answers = conversation.querySelectorAll(".bot-row .answer").length;
    if (answers > shown && questions.length) {
      const question = questions[questions.length - 1];
      const isShort = question.offsetHeight < conversation.clientHeight / 3;
      const start = isShort ? question : question.nextElementSibling ?? question;
      conversation.scrollTop += start.getBoundingClientRect().top - conversation.getBoundingClientRect().top - 8;
    }
    shown = answers;
  }

  function tidy() {
    if (document.documentElement.lang !== words.language) document.documentElement.lang = words.language;
    const conversation = log();
    if (!conversation) return;
    if (conversation.getAttribute("aria-label") !== words.conversation) {
      conversation.setAttribute("aria-label", words.conversation);
    }
    // A region that scrolls must be reachable by keyboard, but only while it is in view.
    const reachable = conversation.querySelector(".message-row") ? "0" : "-1";
    if (conversation.getAttribute("tabindex") !== reachable) conversation.setAttribute("tabindex", reachable);
    conversation.querySelectorAll("[data-testid=user][aria-label], [data-testid=bot][aria-label]").forEach(nameMessage);
    scrollToNewest(conversation);
  }

  // The suggestions leave the page with the first answer: move the focus on before it is lost. On a touch screen
  // the box would raise the keyboard over the answer, so the conversation takes it there.
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const fine = window.matchMedia("(pointer: fine)").matches;
    if (event.target.closest(".suggestion")) (fine ? box() : log())?.focus({ preventScroll: true });
    else if (event.target.closest("#clear") || (fine && event.target.closest("#ask"))) {
      box()?.focus({ preventScroll: true });
    }
  });

  new MutationObserver(tidy).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["aria-label", "lang"],
    childList: true,
    subtree: true,
  });
})();
