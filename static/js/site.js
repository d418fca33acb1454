// Every page: menus that close, a theme that changes in place, polls that stop.

// Times are written by the server: it is told the zone of this browser's clock.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`zone=${zone}`)) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details[data-menu]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (!button) return;
  event.preventDefault();
  const { form } = button;
  const body = new FormData(form, button);
  document.documentElement.dataset.theme = button.value;
  for (const other of form.querySelectorAll("[data-theme-choice]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  const shown = form.parentElement.querySelector("summary use");
  shown.setAttribute("href", button.querySelector("use").getAttribute("href"));
  document.dispatchEvent(new CustomEvent("potok:theme"));
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => form.submit());
});

// A poll that is refused would be refused every second: leave the last state as it is.
document.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr } = event.detail;
  if (elt.id !== "live" || xhr.status >= 500) return;
  const still = elt.cloneNode(true);
  for (const name of ["hx-get", "hx-trigger"]) still.removeAttribute(name);
  elt.replaceWith(still);
});
