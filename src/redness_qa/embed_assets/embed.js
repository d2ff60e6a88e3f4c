// The questions panel on another page. The server puts words and style in, and leaves comments and indents out, so no
// string runs over a line here. Text goes into the page as text only; nothing is stored; only the own server is asked.
(() => {
  "use strict";
  const WORDS = "@words@";
  const NOTICES = "@notices@";
  const STYLE = "@style@";
  const NAME = "redness-qa";
  const script = document.currentScript;
  const given = script?.dataset ?? {};
  const base = script?.src && new URL(".", script.src);
  // An old browser keeps what stands inside the element: the emergency line and a link.
  if (!base || customElements.get(NAME) || !("adoptedStyleSheets" in Document.prototype)) return;

  const MOST_PREVIOUS = 8;
  const MOST_SUGGESTIONS = 6;
  const WAIT_SHOWN_AFTER = 500;
  const LONGEST_WAIT = 20000;
  const TEXT = /^[^\p{Cc}\p{Cs}]{1,80}$/u;
  // Each attribute data-...: what it may be, and what holds where it is not given or is something else.
  const OPTIONS = {
    mode: [/^(launcher|inline|page)$/, "launcher"],
    position: [/^(right|left)$/, "right"],
    offset: [/^\d{1,3}$/, "0"],
    theme: [/^(auto|light|dark)$/, "auto"],
    accent: [/^#[0-9a-f]{6}$/i, ""],
    language: [/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i, ""],
    launcher: [TEXT, ""],
    title: [TEXT, ""],
    introduction: [/^[^\p{Cc}\p{Cs}]{1,200}$/u, ""],
  };

  // The own page in a frame has no attributes, so its look can stand in its address, after the #.
  const IN_ADDRESS = ["theme", "accent"];

  function options(element) {
    const address = new URLSearchParams(element.dataset.mode === "page" ? location.hash.slice(1) : "");
    const chosen = {};
    for (const [name, [allowed, otherwise]] of Object.entries(OPTIONS)) {
      const looked = IN_ADDRESS.includes(name) ? address.get(name) : null;
      const value = looked ?? element.dataset[name] ?? given[name];
      const fits = value !== undefined && allowed.test(value);
      if (value && !fits) console.warn(`${NAME}: data-${name}="${value}" cannot be used; it must match ${allowed}.`);
      chosen[name] = fits ? value : otherwise;
    }
    return chosen;
  }

  function wordsFor(language) {
    const wanted = language || document.documentElement.lang || "";
    const known = WORDS[wanted.toLowerCase()] ?? WORDS[wanted.toLowerCase().split("-")[0]];
    if (language && !known) console.warn(`${NAME}: there are no words in data-language="${language}".`);
    return known ?? Object.values(WORDS)[0];
  }

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  // One line, without the characters that could disguise a text; the same as on the chat page.
  function clean(text) {
    return String(text ?? "").replace(/\s+/g, " ").trim().replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "");
  }

  const startsWith = (text) => (start) => text.startsWith(start);

  // Which language a sentence of ours is in; what is none of ours is in that of the guide, which comes first.
  function languageOf(text, words) {
    const known = [words, ...Object.values(WORDS)].find(({ said, screened }) =>
      [...said, ...screened].some(startsWith(text)));
    return (known ?? Object.values(WORDS)[0]).language;
  }

  // The attributes of a text in a language, where that is not the panel's own.
  const inLanguage = (language, words) => (language === words.language ? {} : { lang: language });
  const ofGuide = (words) => inLanguage(Object.keys(WORDS)[0], words);

  function paragraphs(text, words) {
    return text.split("\n\n").filter((part) => part.trim()).map((part) => {
      const [notice] = NOTICES.find(([, start]) => part.startsWith(start)) ?? [];
      const mark = notice ? { lang: notice, dir: "auto" } : inLanguage(languageOf(part, words), words);
      return make("p", mark, clean(part));
    });
  }

  function callLink(urgency, words) {
    const [label, href] = words.call[urgency] ?? [];
    return label ? [make("p", { class: "call" }, make("a", { href }, label))] : [];
  }

  function isWebAddress(address) {
    if (typeof address !== "string" || /[\s\p{Cc}\p{Cf}]/u.test(address)) return false;
    try {
      return ["http:", "https:"].includes(new URL(address).protocol);
    } catch {
      return false;
    }
  }

  // White or black, whichever reads better on a colour: one of them always has a contrast of 4.5 and more.
  function inkOn(colour) {
    const [red, green, blue] = [1, 3, 5].map((start) => {
      const part = parseInt(colour.slice(start, start + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
  }

  // An answer record as nodes.

  function sourceItem(source, words) {
    const title = clean(source.title);
    const grade = words.page[`grade_${String(source.grade ?? "").toLowerCase()}`];
    const known = [source.publisher, source.year, source.note, grade].map(clean).filter(Boolean);
    const link = { href: source.url, rel: "noopener noreferrer", target: "_blank" };
    const rest = known.map((part) => `, ${part}`).join("");
    const mark = ofGuide(words);
    return make("li", {}, isWebAddress(source.url) ? make("a", { ...link, ...mark }, title) : make("span", mark, title), rest);
  }

  function messageNode(record, words) {
    const { message, urgency, status } = record;
    const heading = words.page[`heading_${urgency}`];
    if (heading) {
      return make("div", { class: `advice ${urgency}`, role: "note" },
        make(words.below, {}, heading), ...paragraphs(message, words), ...callLink(urgency, words));
    }
    // What is no question, such as a greeting, gets its reply alone.
    const isReply = [...NOTICES.map(([, start]) => start), ...words.screened].some(startsWith(message));
    const kind = isReply ? "" : words.page[`heading_${status}`];
    return make("div", { class: "message" },
      ...(kind ? [make(words.below, { class: "kind" }, kind)] : []), ...paragraphs(message, words));
  }

  function quoteNodes(quotes, words) {
    const numbers = new Map();
    const mark = ofGuide(words);
    const figures = quotes.map((quote) => {
      const marks = quote.sources.map((source) => {
        const key = JSON.stringify(source);
        if (!numbers.has(key)) numbers.set(key, { number: numbers.size + 1, source });
        return numbers.get(key).number;
      });
      const ordered = [...new Set(marks)].sort((one, other) => one - other);
      const label = ordered.length === 1 ? words.page.source : words.page.sources;
      return make("figure", {},
        make("blockquote", mark, make("p", {}, clean(quote.text))),
        make("figcaption", {}, make("span", mark, clean(quote.section)), `. ${label} ${ordered.join(", ")}`));
    });
    const items = [...numbers.values()].map(({ source }) => sourceItem(source, words));
    const details = make("details", {}, make("summary", {}, words.page.sources_label), make("ol", {}, ...items));
    return items.length ? [...figures, details] : figures;
  }

  // What to do where the guide does not answer in full: call the clinic, or ask what it does answer.
  function nextNodes(record, words, ask) {
    if (record.status === "answered" || record.urgency !== "routine") return [];
    const nearest = (Array.isArray(record.nearest) ? record.nearest : []).filter((text) => typeof text === "string");
    const call = callLink("contact_clinic", words);
    const items = nearest.map((question) => {
      const button = make("button", { type: "button", class: "nearest", ...ofGuide(words) }, clean(question));
      button.addEventListener("click", () => ask(question));
      return make("li", {}, button);
    });
    const offered = items.length ? [make("p", { class: "label" }, words.page.nearest_label), make("ul", {}, ...items)] : [];
    return call.length || offered.length ? [make("div", { class: "next" }, ...call, ...offered)] : [];
  }

  function answerNode(record, words, ask) {
    return make("div", { class: "answer" }, make("span", { class: "hidden" }, `${words.page.answer}: `),
      messageNode(record, words), ...quoteNodes(record.quotes, words), ...nextNodes(record, words, ask));
  }

  function isAnswer(record) {
    const isText = (value) => typeof value === "string";
    return [record?.message, record?.status, record?.urgency].every(isText) && Array.isArray(record.quotes)
      && record.quotes.every((quote) => isText(quote?.text) && Array.isArray(quote.sources));
  }

  // The server. No cookie, no address of the page and no cache goes with a request.

  function request(path, settings) {
    return fetch(new URL(path, base), {
      credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error", ...settings,
    });
  }

  async function askServer(question, previous, language, signal) {
    const response = await request("api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question, previous, language }),
      signal,
    });
    const record = await response.json().catch(() => null);
    return { code: response.status, record };
  }

  function refusal(code, words) {
    if (code === 429) return words.embed.busy;
    if (code >= 500) return words.embed.unavailable;
    if (code === 413 || code === 422) return words.page.long_question;
    return words.page.failed;
  }

  class RednessQA extends HTMLElement {
    #asked = [];
    #pending = null;
    #nodes = null;
    #words = null;

    connectedCallback() {
      if (this.shadowRoot) return;
      const chosen = options(this);
      this.#words = { ...wordsFor(chosen.language), below: chosen.mode === "page" ? "h2" : "h3" };
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = this.#sheets(chosen);
      // Shortcuts and listeners of the page around it have no business with what is typed here.
      for (const type of ["keydown", "keypress", "keyup", "beforeinput", "input", "paste"]) {
        root.addEventListener(type, (event) => event.stopPropagation());
      }
      const isLauncher = chosen.mode === "launcher";
      const panel = this.#panel(chosen, isLauncher);
      const frame = make("div", { class: `root ${chosen.mode} ${chosen.position}`, lang: this.#words.language }, panel);
      root.append(frame);
      this.#colour(frame, chosen.theme);
      if (isLauncher) this.#launcher(frame, panel, chosen);
      else this.#suggest();
    }

    disconnectedCallback() {
      this.#pending?.abort();
    }

    #sheets(chosen) {
      const fixed = new CSSStyleSheet();
      fixed.replaceSync(STYLE);
      const own = new CSSStyleSheet();
      const colours = chosen.accent && `--accent: ${chosen.accent}; --on-accent: ${inkOn(chosen.accent)};`;
      own.replaceSync(`.root.root { --offset: ${chosen.offset}px; ${colours} }`);
      return [fixed, own];
    }

    #colour(frame, theme) {
      const dark = matchMedia("(prefers-color-scheme: dark)");
      const paint = () => frame.classList.toggle("dark", theme === "dark" || (theme === "auto" && dark.matches));
      dark.addEventListener("change", paint);
      paint();
    }

    #panel(chosen, isLauncher) {
      const { page, embed, disclaimer, below } = this.#words;
      const nodes = {
        title: make(chosen.mode === "page" ? "h1" : "h2", { id: "title", tabindex: "-1" }, chosen.title || page.title),
        close: make("button", { type: "button", class: "close" }, embed.close),
        notice: make("p", { id: "disclaimer" }, disclaimer),
        urgent: make("div", { class: "urgent", hidden: "" }),
        suggestions: make("div", { class: "suggestions", hidden: "" }, make(below, {}, page.suggestions_label)),
        log: make("div", { class: "log", role: "log", "aria-label": page.conversation_label }),
        box: make("textarea", { id: "question", rows: "2", autocomplete: "off", placeholder: page.question_placeholder }),
        note: make("p", { class: "note", role: "alert" }),
        status: make("p", { class: "status", role: "status" }),
        ask: make("button", { type: "submit", class: "ask" }, page.ask),
        again: make("button", { type: "button", class: "again", hidden: "" }, embed.start_over),
      };
      this.#nodes = nodes;
      const form = make("form", {},
        make("div", { class: "above" }, make("label", { for: "question" }, page.question_label), nodes.status, nodes.again),
        make("div", { class: "asking" }, nodes.box, nodes.ask));
      const names = { class: "panel", "aria-labelledby": "title" };
      const tag = { launcher: "dialog", inline: "section", page: "main" }[chosen.mode];
      const panel = make(tag, isLauncher ? { ...names, "aria-describedby": "disclaimer emergency" } : names,
        make("div", { class: "top" }, nodes.title, ...(isLauncher ? [nodes.close] : [])),
        make("p", { class: "introduction" }, chosen.introduction || page.introduction),
        ...(page.content_language ? [make("p", { class: "introduction" }, page.content_language)] : []),
        nodes.notice, nodes.urgent, nodes.suggestions, nodes.log,
        make("p", { id: "emergency" }, page.emergency),
        form, nodes.note);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#ask(nodes.box.value, nodes.box);
      });
      nodes.box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#ask(nodes.box.value, nodes.box);
      });
      nodes.again.addEventListener("click", () => this.#startOver());
      return panel;
    }

    #launcher(frame, panel, chosen) {
      const words = this.#words;
      const text = chosen.launcher || words.embed.launcher;
      const button = make("button", { type: "button", class: "launch", "aria-haspopup": "dialog", "aria-expanded": "false" }, text);
      // A small screen is filled by the panel, so there it takes the focus for itself.
      const narrow = matchMedia("(max-width: 480px), (max-height: 480px)");
      const open = () => {
        if (narrow.matches) panel.showModal();
        else panel.show();
        button.setAttribute("aria-expanded", "true");
        this.#rest();
      };
      narrow.addEventListener("change", () => {
        if (!panel.open) return;
        const focused = this.shadowRoot.activeElement;
        panel.close();
        open();
        focused?.focus();
      });
      button.addEventListener("click", () => {
        if (panel.open) return panel.close();
        open();
        this.#suggest();
      });
      panel.addEventListener("close", () => {
        if (panel.open) return;
        button.setAttribute("aria-expanded", "false");
        button.focus();
      });
      panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.isComposing) panel.close();
      });
      this.#nodes.close.addEventListener("click", () => panel.close());
      frame.prepend(make("section", { class: "place", "aria-label": words.page.title }, button));
    }

    // On a touch screen the box would raise the keyboard over the text.
    #rest() {
      const { box, title, log } = this.#nodes;
      const fine = matchMedia("(pointer: fine)").matches;
      (fine ? box : this.#asked.length ? log : title).focus({ preventScroll: true });
    }

    async #suggest() {
      const { suggestions } = this.#nodes;
      if (suggestions.children.length > 1) return;
      const found = await request("api/suggestions").then((response) => response.ok && response.json()).catch(() => null);
      const questions = Array.isArray(found) ? found : found?.suggestions;
      if (!Array.isArray(questions) || suggestions.children.length > 1) return;
      for (const question of questions.filter((text) => typeof text === "string").slice(0, MOST_SUGGESTIONS)) {
        const button = make("button", { type: "button", ...ofGuide(this.#words) }, clean(question));
        button.addEventListener("click", () => this.#ask(question));
        suggestions.append(button);
      }
      suggestions.hidden = suggestions.children.length < 2 || this.#asked.length > 0;
    }

    async #ask(typed, box) {
      const { note, status, ask } = this.#nodes;
      const words = this.#words;
      const question = typed.trim();
      if (this.#pending) return;
      note.textContent = "";
      if (!question) {
        note.textContent = words.page.empty_question;
        return;
      }
      const pending = new AbortController();
      this.#pending = pending;
      const stopping = setTimeout(() => pending.abort(), LONGEST_WAIT);
      const showing = setTimeout(() => { status.textContent = words.page.waiting; }, WAIT_SHOWN_AFTER);
      ask.setAttribute("aria-disabled", "true");
      let sentence = "";
      try {
        const { code, record } = await askServer(
          question, this.#asked.slice(-MOST_PREVIOUS), words.language, pending.signal);
        if (pending !== this.#pending) return;
        if (code === 200 && isAnswer(record)) this.#show(question, record, box);
        else sentence = refusal(code, words);
      } catch {
        sentence = pending.signal.aborted ? words.embed.unavailable : words.embed.offline;
      } finally {
        clearTimeout(stopping);
        clearTimeout(showing);
        if (pending === this.#pending) {
          this.#pending = null;
          status.textContent = "";
          note.textContent = sentence;
          ask.removeAttribute("aria-disabled");
        }
      }
    }

    #show(question, record, box) {
      const { log, notice, suggestions, again } = this.#nodes;
      const { page } = this.#words;
      const answer = answerNode(record, this.#words, (nearest) => this.#ask(nearest));
      const you = make("span", { class: "hidden" }, `${page.you}: `);
      const turn = make("div", { class: "turn" }, make("p", { class: "question" }, you, clean(question)), answer);
      this.#warn(record);
      this.#asked.push(question);
      if (box) box.value = "";
      // In one piece, so that it is read out once.
      log.append(turn);
      log.tabIndex = 0;
      again.hidden = false;
      if (this.shadowRoot.activeElement?.closest(".suggestions, .nearest")) this.#rest();
      suggestions.hidden = true;
      // From the question on, or from the answer on below a long question: urgent advice must be in view. In a low
      // window the panel scrolls as a whole, under its notice; in the flow of a page the page may have to move too.
      const first = turn.firstChild.offsetHeight < log.clientHeight / 3 ? turn : answer;
      const isWhole = getComputedStyle(log).overflowY === "visible";
      const panel = log.parentNode;
      const top = isWhole ? notice.offsetHeight + panel.getBoundingClientRect().top : log.getBoundingClientRect().top;
      (isWhole ? panel : log).scrollTop += first.getBoundingClientRect().top - top - 8;
      if (!isWhole) answer.children[1].scrollIntoView({ block: "nearest" });
    }

    // Urgent advice stays above the conversation until it is closed; none less urgent takes its place.
    #warn(record) {
      const { urgent } = this.#nodes;
      const { page, embed, below } = this.#words;
      const heading = page[`heading_${record.urgency}`];
      if (!heading || (urgent.classList.contains("emergency") && record.urgency !== "emergency")) return;
      const close = make("button", { type: "button", class: "dismiss", "aria-label": page.dismiss }, embed.close);
      close.addEventListener("click", () => {
        this.#calm();
        this.#rest();
      });
      urgent.className = `urgent ${record.urgency}`;
      urgent.replaceChildren(make(below, {}, heading), ...callLink(record.urgency, this.#words), close);
      urgent.hidden = false;
    }

    #calm() {
      const { urgent } = this.#nodes;
      urgent.className = "urgent";
      urgent.replaceChildren();
      urgent.hidden = true;
    }

    #startOver() {
      this.#calm();
      const { log, box, note, status, again, ask, suggestions } = this.#nodes;
      this.#pending?.abort();
      this.#pending = null;
      this.#asked = [];
      log.replaceChildren();
      log.removeAttribute("tabindex");
      box.value = "";
      note.textContent = status.textContent = "";
      ask.removeAttribute("aria-disabled");
      suggestions.hidden = suggestions.children.length < 2;
      this.#rest();
      again.hidden = true;
    }
  }

  customElements.define(NAME, RednessQA);
  const place = () => {
    if (!document.querySelector(NAME)) document.body.append(document.createElement(NAME));
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
  else place();
})();
