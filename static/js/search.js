// Suggestions below the search field: a combobox with a list (ARIA 1.2). Without it the
// field is a plain form. The page's own requests only: nothing is typed elsewhere.

const form = document.querySelector(".site-search");
const field = document.getElementById("search-field");
const list = document.getElementById("search-suggestions");
const PAUSE = 150; // ms without a key; a quick typist makes one request a word

let asked = 0;
let timer;
let request;

field.setAttribute("role", "combobox");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", list.id);
field.setAttribute("aria-expanded", "false");

const options = () => [...list.querySelectorAll("[role=option]")];
const current = () => list.querySelector("[aria-selected=true]");

function mark(option) {
  current()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function show(isOpen) {
  list.hidden = !isOpen;
  field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) mark(undefined);
}

function drop() {
  clearTimeout(timer);
  request?.abort();
  asked += 1;
  show(false);
}

async function ask() {
  const text = field.value.trim();
  if (text.length < 2) {
    drop();
    list.replaceChildren();
    return;
  }
  // The list stays until the next one is here, so that it does not flicker.
  request?.abort();
  asked += 1;
  const mine = asked;
  request = new AbortController();
  try {
    const response = await fetch(`${form.dataset.suggestions}?${new URLSearchParams({ q: text })}`, {
      signal: request.signal,
      redirect: "error", // a session that has ended leads to the log-in page
    });
    if (!response.ok) return;
    const html = await response.text();
    if (mine !== asked) return;
    mark(undefined);
    // Escaped by the template it comes from.
    list.innerHTML = html;
    show(options().length > 0 && document.activeElement === field);
  } catch {
    // Left for a newer text, or no connection: the form still works.
  }
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});

field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const all = options();
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!all.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = list.hidden ? -1 : all.indexOf(current());
    show(true);
    // One place more than options: the field itself, as typed.
    const next = (at + 1 + step + all.length + 1) % (all.length + 1);
    mark(all[next - 1]);
  } else if (event.key === "Enter" && current()) {
    event.preventDefault();
    location.assign(current().dataset.href);
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault(); // or the browser would empty the field
    drop();
  }
});

// The list must not take the focus from the field, or it would close before the click.
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) location.assign(option.dataset.href);
});
field.addEventListener("blur", drop);
form.addEventListener("submit", drop);
