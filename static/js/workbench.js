// The lab: tabs, editor, draft, Run and Submit. The plain form works without any of it.

const form = document.querySelector("[data-workbench]");
const words = document.getElementById("messages").dataset;
const textarea = document.getElementById("source");
const frame = document.getElementById("editor-frame");
const noticePlace = document.getElementById("bench-notice");
const draftState = document.getElementById("draft-state");
const panel = document.getElementById("run-panel");
const store = form.dataset.store;
const revision = () => document.getElementById("draft-revision");

// --- Notices -----------------------------------------------------------------

function notice(text, choices = []) {
  const box = document.createElement("div");
  box.className = "notice notice-warn";
  const body = document.createElement("div");
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  body.append(paragraph);
  if (choices.length) {
    const row = document.createElement("p");
    row.className = "actions";
    for (const [label, act] of choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-small";
      button.textContent = label;
      button.addEventListener("click", () => {
        noticePlace.replaceChildren();
        act();
        editor?.focus();
      });
      row.append(button);
    }
    body.append(row);
  }
  box.append(document.createElement("span"), body);
  noticePlace.replaceChildren(box);
}

// --- Tabs over the sections of the left side ---------------------------------

function makeTabs(side) {
  const sections = [...side.children].filter((child) => child.matches("section"));
  const list = document.createElement("div");
  list.className = "tab-list";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", side.dataset.tabs);
  const tabs = sections.map((section) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `tab-${section.id}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", section.id);
    tab.textContent = section.querySelector("h2").textContent;
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", tab.id);
    section.tabIndex = 0;
    list.append(tab);
    return tab;
  });
  const select = (number, focus) => {
    tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === number));
      tab.tabIndex = at === number ? 0 : -1;
      sections[at].hidden = at !== number;
    });
    if (focus) tabs[number].focus();
  };
  list.addEventListener("click", (event) => {
    const at = tabs.indexOf(event.target.closest("[role=tab]"));
    if (at >= 0) select(at, false);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    select((to + tabs.length) % tabs.length, true);
  });
  side.prepend(list);
  side.classList.add("tabs-ready");
  const wanted = sections.findIndex((section) => `#${section.id}` === location.hash);
  select(Math.max(wanted, 0), false);
}

for (const side of document.querySelectorAll("[data-tabs]")) makeTabs(side);

// --- The draft: saved 1.5 s after the last change, and when the page is left --

let saved = textarea.value;
let timer;
let saving = false;
let paused = false; // a conflict waits for a decision: saving would go over it

function keepHere(text) {
  try {
    if (text === saved) localStorage.removeItem(store);
    else localStorage.setItem(store, text);
  } catch {
    // Private windows may refuse storage; the server's draft is the main copy.
  }
}

function kept() {
  try {
    return localStorage.getItem(store);
  } catch {
    return null;
  }
}

function body(text) {
  const data = new FormData();
  for (const name of ["csrfmiddlewaretoken", "language", "release"]) data.append(name, form.elements[name].value);
  data.append("revision", revision().value);
  data.append("source", text);
  return data;
}

const asJson = { Accept: "application/json" };

async function saveDraft({ leaving = false } = {}) {
  clearTimeout(timer);
  const text = textarea.value;
  if (saving || paused || text === saved) return;
  saving = true;
  if (!leaving) draftState.textContent = words.saving;
  try {
    const response = await fetch(form.dataset.draftUrl, {
      method: "POST", body: body(text), headers: asJson, redirect: "manual",
      // Browsers refuse keepalive bodies above 64 KiB.
      keepalive: leaving && text.length < 30000,
    });
    const answer = await response.json();
    if (response.ok) {
      saved = text;
      revision().value = answer.revision;
      draftState.textContent = `${words.saved} ${answer.saved_at}`;
      keepHere(textarea.value);
    } else if (response.status === 409) {
      resolveConflict(answer);
    } else {
      draftState.textContent = words.unsaved;
      notice(answer.message);
      paused = response.status === 401 || response.status === 403;
    }
  } catch {
    draftState.textContent = words.unsaved;
  } finally {
    saving = false;
  }
  if (!paused && textarea.value !== saved && !leaving) timer = setTimeout(saveDraft, 5000);
}

function resolveConflict(answer) {
  paused = true;
  draftState.textContent = words.unsaved;
  const goOn = (text) => {
    paused = false;
    revision().value = answer.revision;
    if (text !== null) setText(text);
    saved = answer.text;
    changed();
  };
  notice(words.conflict, [
    [words.keepMine, () => goOn(null)],
    [words.takeOther, () => goOn(answer.text)],
  ]);
}

function changed() {
  keepHere(textarea.value);
  if (textarea.value === saved) return;
  if (!paused) draftState.textContent = words.changed;
  clearTimeout(timer);
  timer = setTimeout(saveDraft, 1500);
}

function setText(text) {
  if (editor) editor.replace(text);
  else textarea.value = text;
}

addEventListener("pagehide", () => saveDraft({ leaving: true }));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveDraft({ leaving: true });
});

// --- The editor --------------------------------------------------------------

let editor;
textarea.addEventListener("input", changed);

const phrases = {
  Find: words.find, Replace: words.replace, next: words.next, previous: words.previous, all: words.all,
  "match case": words.matchCase, "by word": words.byWord, regexp: words.regexp, replace: words.replaceOne,
  "replace all": words.replaceAll, close: words.close,
};

const { createEditor } = await import(new URL(form.dataset.editor, location.href).href);
editor = createEditor({
  textarea,
  parent: frame,
  language: form.dataset.language,
  label: document.getElementById("source-label").textContent.trim(),
  describedBy: "editor-hint",
  nonce: form.dataset.nonce,
  phrases,
  names: (form.dataset.names ?? "").split(" ").filter(Boolean),
  onChange: () => {
    editor?.markLine(null);
    changed();
  },
  onRun: () => send("run"),
  onSubmit: () => send("submit"),
});
textarea.hidden = true;
frame.dataset.ready = "true";
document.getElementById("source-label").addEventListener("click", () => editor.focus());
for (const hint of document.querySelectorAll("[data-editor-only]")) hint.hidden = false;

document.getElementById("format-button")?.addEventListener("click", () => {
  document.getElementById("announcer").textContent = editor.format() ? words.formatted : words.formattedAlready;
  editor.focus();
});

function markError() {
  const place = panel.querySelector("[data-error-line]");
  if (place) editor.markLine(Number(place.dataset.errorLine), words.errorHere);
}

const here = kept();
if (here !== null && here !== saved) {
  notice(words.local, [
    [words.restore, () => setText(here)],
    [words.discard, () => keepHere(saved)],
  ]);
}

// What came below the fold is brought up; the focus stays where the person works.
function bringIntoView(element) {
  if (element.getBoundingClientRect().bottom < innerHeight - 96) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
}

// --- Run and Submit ----------------------------------------------------------

let sending = false;

function send(kind) {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  noticePlace.replaceChildren();
  document.getElementById("announcer").textContent = words.sending;
  keepHere(textarea.value);
  const sent = textarea.value;
  htmx
    .ajax("POST", form.action, { source: form, target: "#run-panel", swap: "innerHTML", values: { kind } })
    .then(() => {
      if (panel.dataset.accepted !== "true") return;
      saved = sent;
      keepHere(textarea.value);
      const time = new Date().toLocaleTimeString(document.documentElement.lang);
      draftState.textContent = `${words.saved} ${time}`;
      bringIntoView(panel.querySelector(".live-line") ?? panel);
    })
    .finally(() => (sending = false));
}

form.addEventListener("submit", async (event) => {
  const { submitter } = event;
  event.preventDefault();
  if (submitter?.closest("#before-reset")) {
    form.action = submitter.formAction;
    form.submit(); // the page comes back with the text in the editor
  } else if (submitter?.id === "reset-button") await reset();
  else send(submitter?.value === "submit" ? "submit" : "run");
});

async function reset() {
  const before = textarea.value;
  try {
    const response = await fetch(form.dataset.resetUrl, { method: "POST", body: body(before), headers: asJson });
    const answer = await response.json();
    if (!response.ok) return notice(answer.message);
    revision().value = answer.revision;
    saved = answer.text;
    setText(answer.text);
    keepHere(answer.text);
    draftState.textContent = `${words.saved} ${answer.saved_at}`;
    notice(words.resetDone, [[words.undo, () => setText(before)]]);
  } catch {
    notice(words.offline);
  }
}

for (const link of document.querySelectorAll("[data-language-link]")) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await saveDraft();
    location.assign(link.href);
  });
}

// A refusal is shown above the editor, where the eye is; the page of an error is not.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (detail.target === panel) panel.dataset.accepted = String(detail.xhr.status < 400);
  if (detail.xhr.status < 400) return;
  panel.dataset.accepted = "false";
  if (detail.xhr.status >= 500 || /^\s*<!doctype/i.test(detail.xhr.responseText)) {
    detail.shouldSwap = false;
    notice(words.offline);
  } else {
    detail.shouldSwap = true;
    detail.target = noticePlace;
    detail.swapOverride = "innerHTML";
  }
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt === form) notice(words.offline);
});
document.addEventListener("htmx:afterSettle", () => {
  const title = panel.querySelector("#result-title");
  if (!title || panel.dataset.shown === title.closest("section").dataset.id) return;
  panel.dataset.shown = title.closest("section").dataset.id;
  markError();
  bringIntoView(title);
});
markError();
