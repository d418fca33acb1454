// A link at the end of each section of a lesson: the form at the end, about this section.
// Without it the same form is there, with the list of sections in it.

const form = document.getElementById("ask");
const place = document.getElementById("ask-place");
const headings = [...document.querySelectorAll(".prose h2[id]")];

headings.forEach((heading, number) => {
  if (!place || ![...place.options].some((option) => option.value === heading.id)) return;
  const line = document.createElement("p");
  line.className = "ask-here small no-print";
  const link = document.createElement("a");
  link.href = "#ask";
  link.textContent = form.dataset.here;
  link.setAttribute("aria-label", `${form.dataset.here}: ${heading.textContent.trim()}`);
  link.addEventListener("click", () => {
    form.open = true;
    place.value = heading.id;
    document.getElementById("ask-text").focus();
  });
  line.append(link);
  let last = heading;
  while (last.nextElementSibling && last.nextElementSibling !== headings[number + 1]) last = last.nextElementSibling;
  last.after(line);
});
