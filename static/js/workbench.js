// The lab: editor, draft, Run and Submit. The plain form works without any of it.

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

// --- The draft: saved 1.5 s after the last change, and when the page is left --

let saved = textarea.defaultValue; // a person may have typed before this ran
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
  if (editor) return editor.replace(text);
  textarea.value = text;
  changed();
}

addEventListener("pagehide", () => saveDraft({ leaving: true }));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") saveDraft({ leaving: true });
});

// --- The editor --------------------------------------------------------------

let editor;
const MOST_BYTES = 256 * 1024; // what the server takes
textarea.addEventListener("input", changed);

const phrases = {
  Find: words.find, Replace: words.replace, next: words.next, previous: words.previous, all: words.all,
  "match case": words.matchCase, "by word": words.byWord, regexp: words.regexp, replace: words.replaceOne,
  "replace all": words.replaceAll, close: words.close,
};

// Who prefers the plain field, for a screen reader or by habit, has it in every lab.
const PLAIN = "potok:plain-editor";

function prefersPlain() {
  try {
    return localStorage.getItem(PLAIN) === "yes";
  } catch {
    return false;
  }
}

async function startEditor() {
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
  document.getElementById("source-label").addEventListener("click", () => editor.focus());
  for (const hint of document.querySelectorAll("[data-editor-only]")) hint.hidden = false;
}

if (!prefersPlain()) await startEditor();
frame.dataset.ready = "true";

const focusProgram = () => (editor ?? textarea).focus();

textarea.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  send(event.shiftKey ? "submit" : "run");
});

document.getElementById("format-button")?.addEventListener("click", () => {
  document.getElementById("announcer").textContent = editor.format() ? words.formatted : words.formattedAlready;
  editor.focus();
});

// --- The program as a file, and the kind of field ----------------------------

const fileMenu = document.getElementById("file-menu");
const fileInput = document.getElementById("open-file");
fileMenu.hidden = false;
document.getElementById(editor ? "use-plain" : "use-editor").hidden = false;

document.getElementById("download-file").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([textarea.value], { type: "text/plain" }));
  link.download = document.getElementById("source-label").textContent.trim();
  link.click();
  URL.revokeObjectURL(link.href);
  fileMenu.open = false;
});
document.getElementById("choose-file").addEventListener("click", () => fileInput.click());
fileInput.addEventListener("change", async () => {
  const [file] = fileInput.files;
  fileInput.value = "";
  fileMenu.open = false;
  if (!file) return;
  const before = textarea.value;
  const bytes = await file.arrayBuffer();
  try {
    if (bytes.byteLength > MOST_BYTES) throw new RangeError();
    setText(new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n"));
    notice(words.fileOpened, [[words.undo, () => setText(before)]]);
  } catch {
    notice(words.fileRefused);
  }
  focusProgram();
});
for (const [id, value] of [["use-plain", "yes"], ["use-editor", "no"]]) {
  document.getElementById(id).addEventListener("click", async () => {
    await saveDraft();
    try {
      localStorage.setItem(PLAIN, value);
    } catch {
      return; // a private window without storage keeps what it has
    }
    location.reload();
  });
}

function markError() {
  const place = panel.querySelector("[data-error-line]");
  if (place) editor?.markLine(Number(place.dataset.errorLine), words.errorHere);
}

const here = kept();
if (here !== null && here !== saved) {
  notice(words.local, [
    [words.restore, () => setText(here)],
    [words.discard, () => keepHere(saved)],
  ]);
}
if (textarea.value !== saved) changed();

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
