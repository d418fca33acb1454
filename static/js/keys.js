// Keys of every page, listed by `?`. Single ones can be switched off (WCAG 2.1.4).
// Letters go by their place on the keyboard, so that they work in the Russian layout.

const dialog = document.getElementById("keys");
const choice = dialog.querySelector("input[type=checkbox]");
const STORE = "potok:single-keys";

function allowed() {
  try {
    return localStorage.getItem(STORE) !== "off";
  } catch {
    return true; // a private window may refuse storage
  }
}

choice.checked = allowed();
choice.addEventListener("change", () => {
  try {
    localStorage.setItem(STORE, choice.checked ? "on" : "off");
  } catch {
    // Then it holds for this page only.
  }
});

for (const button of document.querySelectorAll("[data-open-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) location.assign(link.href);
}

function nextTheme() {
  const buttons = [...document.querySelectorAll("[data-theme-choice]")];
  const now = buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  const button = buttons[(now + 1) % buttons.length];
  button.click();
  document.getElementById("announcer").textContent = button.textContent.trim();
}

function search() {
  const field = document.getElementById("search-field");
  field.focus();
  field.select();
}

const GO = { KeyH: ".brand", KeyM: "a[data-map]" };
const SINGLE = {
  BracketLeft: () => follow("a[rel=prev]"),
  BracketRight: () => follow("a[rel=next]"),
  KeyT: nextTheme,
  Slash: search,
};
let going = 0; // until when the letter after `g` counts

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.altKey || event.isComposing) return;
  if (target.closest("input, textarea, select, dialog, [contenteditable=true]")) return;
  // No single key, so it works also where those are switched off.
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.code === "KeyK") {
    event.preventDefault();
    search();
    return;
  }
  if (event.ctrlKey || event.metaKey || !choice.checked) return;
  if (event.key === "?") {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  if (event.shiftKey) return;
  const second = event.timeStamp < going ? GO[event.code] : undefined;
  going = event.code === "KeyG" ? event.timeStamp + 1500 : 0;
  if (second) follow(second);
  else if (SINGLE[event.code]) {
    event.preventDefault(); // or the field would get the letter that led to it
    SINGLE[event.code]();
  }
});
