// Tabs over the sections of a [data-tabs]; Alt+1 and on choose them from anywhere.

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
  document.addEventListener("keydown", (event) => {
    const at = /^Digit[1-9]$/.test(event.code) ? Number(event.code.at(-1)) - 1 : -1;
    if (!event.altKey || event.ctrlKey || event.metaKey || !tabs[at]) return;
    event.preventDefault();
    select(at, true);
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
