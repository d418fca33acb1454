// Terms of the glossary: what they mean, beside the pointer or below the focus.
// Without it, and for a tap, the link leads to the glossary.

const tip = document.getElementById("term-tip");
let shown;
let timer;

function hide() {
  clearTimeout(timer);
  tip.hidden = true;
  shown = undefined;
}

function show(link) {
  clearTimeout(timer);
  if (shown === link) return;
  shown = link;
  tip.replaceChildren(...document.getElementById(link.dataset.term).cloneNode(true).childNodes);
  // A tooltip holds no links: they could not be reached by Tab.
  for (const inner of tip.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
  tip.hidden = false;
  const box = link.getClientRects()[0];
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = `${scrollX + Math.max(8, Math.min(box.left, room))}px`;
  const isBelow = box.bottom + tip.offsetHeight + 8 < innerHeight;
  tip.style.top = `${scrollY + (isBelow ? box.bottom + 4 : box.top - tip.offsetHeight - 4)}px`;
}

function later(action, ms) {
  clearTimeout(timer);
  timer = setTimeout(action, ms);
}

for (const link of document.querySelectorAll('.prose a[href*="/glossary/#"]')) {
  const id = `term-${decodeURIComponent(link.hash.slice(1))}`;
  if (!document.getElementById(id)) continue;
  link.dataset.term = id;
  link.classList.add("term");
  link.setAttribute("aria-describedby", id);
  link.addEventListener("mouseenter", () => later(() => show(link), 200));
  link.addEventListener("mouseleave", () => later(hide, 300));
  link.addEventListener("focus", () => show(link));
  link.addEventListener("blur", hide);
}
tip.addEventListener("mouseenter", () => clearTimeout(timer));
tip.addEventListener("mouseleave", () => later(hide, 300));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown) hide();
});
