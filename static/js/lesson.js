// Texts of lessons and labs: tools of code, tabs that go together, reasons that are told.

const page = document.querySelector("[data-copy-label]");
const announcer = document.getElementById("announcer");

function toolButton(icon, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool-icon";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.innerHTML = '<svg class="icon" aria-hidden="true" focusable="false"><use></use></svg>';
  button.querySelector("use").setAttribute("href", `${page.dataset.icons}#${icon}`);
  return button;
}

// A browser may refuse its store; then the choice lasts as long as the page.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // See above.
  }
}

const WRAP = "potok:wrap";
const TAB = "potok:tab";
const wrapButtons = [];

function showWrap(isOn) {
  document.documentElement.classList.toggle("wraps-code", isOn);
  for (const button of wrapButtons) button.setAttribute("aria-pressed", String(isOn));
}

for (const figure of document.querySelectorAll(".prose figure.code")) {
  const tools = document.createElement("div");
  tools.className = "code-tools no-print";
  const wrap = toolButton("wrap", page.dataset.wrapLabel);
  wrap.classList.add("wrap-button");
  wrap.addEventListener("click", () => {
    const isOn = wrap.getAttribute("aria-pressed") !== "true";
    remember(WRAP, isOn ? "1" : "");
    const before = figure.getBoundingClientRect().top;
    showWrap(isOn);
    scrollBy({ top: figure.getBoundingClientRect().top - before, behavior: "instant" });
  });
  wrapButtons.push(wrap);
  const copy = toolButton("copy", page.dataset.copyLabel);
  copy.classList.add("copy-button");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").innerText);
    const use = copy.querySelector("use");
    use.setAttribute("href", `${page.dataset.icons}#completed`);
    announcer.textContent = page.dataset.copiedLabel;
    setTimeout(() => use.setAttribute("href", `${page.dataset.icons}#copy`), 2000);
  });
  tools.append(wrap, copy);
  figure.append(tools);
}
showWrap(Boolean(remembered(WRAP)));

// The reason appears by CSS; who cannot see it appear is told.
for (const option of document.querySelectorAll(".prose .option")) {
  option.querySelector("input").addEventListener("change", (event) => {
    const why = option.querySelector(".option-why");
    announcer.textContent = event.target.checked ? why.textContent : "";
  });
}

// Tabs of one name go together, here and on every other page.
const tabs = [...document.querySelectorAll(".prose .tabbed-set > .tabbed-labels > label")];

function chooseTabs(name) {
  for (const label of tabs) {
    if (label.textContent.trim() === name) document.getElementById(label.htmlFor).checked = true;
  }
}

for (const label of tabs) {
  document.getElementById(label.htmlFor).addEventListener("change", () => {
    const before = label.getBoundingClientRect().top;
    const name = label.textContent.trim();
    remember(TAB, name);
    chooseTabs(name);
    scrollBy({ top: label.getBoundingClientRect().top - before, behavior: "instant" });
  });
}
if (tabs.length) {
  chooseTabs(remembered(TAB));
  addEventListener("storage", (event) => {
    if (event.key === TAB) chooseTabs(event.newValue);
  });
}
