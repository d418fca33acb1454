// The place in a lesson: shown in "on this page", counted in minutes, kept on the server.

const page = document.querySelector(".reading");
const prose = page.querySelector(".prose");
const left = page.querySelector("[data-minutes]");
const links = new Map(
  [...document.querySelectorAll(".contents a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
);
const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);

// A section counts as read in after two seconds: who scrolls past does not stay there.
const STAY = 2000;
let kept = page.dataset.section;
let wanted = kept;
let timer;

function send() {
  clearTimeout(timer);
  timer = undefined;
  if (wanted === kept) return;
  kept = wanted;
  const body = new FormData();
  body.set("section", kept);
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  fetch(page.dataset.place, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => {});
}

function keep(section) {
  if (section === wanted) return;
  wanted = section;
  clearTimeout(timer);
  timer = setTimeout(send, STAY);
}

function current() {
  let found;
  for (const heading of headings) {
    if (heading.getBoundingClientRect().top > 120) break;
    found = heading;
  }
  return found;
}

function show() {
  const shown = current() ?? headings[0];
  for (const [id, link] of links) {
    if (id === shown?.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (!left) return;
  const box = prose.getBoundingClientRect();
  const read = Math.min(1, Math.max(0, (120 - box.top) / box.height));
  const minutes = Math.max(1, Math.round(left.dataset.minutes * (1 - read)));
  left.textContent = left.dataset.words.replace("0", minutes);
}

let waiting = false;
document.addEventListener(
  "scroll",
  () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
      const section = current()?.id;
      // The top is where every visit begins: it says nothing of where one was.
      if (section) keep(section);
    });
  },
  { passive: true },
);
show();
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && timer) send();
});
