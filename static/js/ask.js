// Links at the end of each section of a lesson, to the forms at its end, about the section.
// Without it the same forms are there, with the list of sections in them.

const forms = [...document.querySelectorAll("details.ask[data-here]")];
const headings = [...document.querySelectorAll(".prose h2[id]")];

function linkTo(form, heading) {
  const place = form.querySelector("[data-places]");
  if (![...place.options].some((option) => option.value === heading.id)) return undefined;
  const link = document.createElement("a");
  link.href = `#${form.id}`;
  link.textContent = form.dataset.here;
  const title = heading.firstChild.textContent.trim();
  link.setAttribute("aria-label", `${form.dataset.here}: ${title}`);
  link.addEventListener("click", (event) => {
    // Following the link would take the focus away from the text again.
    event.preventDefault();
    form.open = true;
    place.value = heading.id;
    place.dispatchEvent(new Event("change"));
    form.querySelector("textarea").focus();
  });
  return link;
}

headings.forEach((heading, number) => {
  const links = forms.map((form) => linkTo(form, heading)).filter(Boolean);
  if (!links.length) return;
  const line = document.createElement("p");
  line.className = "ask-here small no-print";
  line.append(...links);
  let last = heading;
  while (last.nextElementSibling && last.nextElementSibling !== headings[number + 1]) last = last.nextElementSibling;
  last.after(line);
});

// A new note replaces the section's old one, so the old one stands in the form.
const notes = document.getElementById("notes");
if (notes) {
  const place = notes.querySelector("[data-places]");
  const text = notes.querySelector("textarea");
  const written = new Map(
    [...document.querySelectorAll(".note-list [data-section]")].map((item) => [
      item.dataset.section,
      item.querySelector(".note-text")?.textContent ?? "",
    ]),
  );
  let filled = "";
  const fill = () => {
    if (text.value !== filled) return;
    filled = text.value = written.get(place.value) ?? "";
  };
  place.addEventListener("change", fill);
  fill();
}

for (const form of forms) if (location.hash === `#${form.id}`) form.open = true;
