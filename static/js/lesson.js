// Reading: copy buttons, the place in "on this page", diagrams where there are any.

const page = document.querySelector("[data-copy-label]");

for (const figure of document.querySelectorAll(".prose figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.textContent = page.dataset.copyLabel;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").innerText);
    button.textContent = page.dataset.copiedLabel;
    document.getElementById("announcer").textContent = page.dataset.copiedLabel;
    setTimeout(() => (button.textContent = page.dataset.copyLabel), 2000);
  });
  figure.append(button);
}

// The reason appears by CSS; who cannot see it appear is told.
for (const option of document.querySelectorAll(".prose .option")) {
  option.querySelector("input").addEventListener("change", (event) => {
    const why = option.querySelector(".option-why");
    document.getElementById("announcer").textContent = event.target.checked ? why.textContent : "";
  });
}

const links = new Map(
  [...document.querySelectorAll(".contents a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
);
const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);

function showPlace() {
  let current = headings[0];
  for (const heading of headings) {
    if (heading.getBoundingClientRect().top > 120) break;
    current = heading;
  }
  for (const [id, link] of links) {
    if (id === current?.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

if (headings.length) {
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      showPlace();
    });
  };
  document.addEventListener("scroll", later, { passive: true });
  showPlace();
}

// Diagrams. Mermaid has 2.9 MB: it is fetched when the first one comes near.
const diagrams = page.dataset.mermaid ? [...document.querySelectorAll("pre.mermaid")] : [];
const sources = new Map(diagrams.map((diagram) => [diagram, diagram.textContent]));
let library;

// A diagram, drawn or not, may be wider than the page: it scrolls by the arrow keys.
for (const diagram of diagrams) {
  diagram.tabIndex = 0;
  diagram.setAttribute("role", "group");
  const caption = diagram.closest("figure")?.querySelector("figcaption")?.textContent;
  if (caption) diagram.setAttribute("aria-label", caption);
}

function colour(name) {
  // A custom property with light-dark() is not resolved by getPropertyValue.
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = page.dataset.mermaid;
    script.onload = () => resolve(globalThis.mermaid);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

async function draw(nodes) {
  const mermaid = await loadLibrary();
  const ink = colour("--ink");
  const muted = colour("--ink-muted");
  const accent = colour("--accent");
  const ground = colour("--ground");
  const tint = colour("--accent-ground");
  const sunken = colour("--sunken");
  const strong = colour("--line-strong");
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    htmlLabels: false,
    flowchart: { htmlLabels: false, useMaxWidth: true },
    sequence: { useMaxWidth: true },
    fontFamily: getComputedStyle(document.body).fontFamily,
    theme: "base",
    themeVariables: {
      background: ground, primaryColor: tint, primaryTextColor: ink, primaryBorderColor: accent,
      secondaryColor: sunken, secondaryTextColor: ink, secondaryBorderColor: strong,
      tertiaryColor: ground, tertiaryTextColor: ink, tertiaryBorderColor: strong,
      lineColor: muted, textColor: ink, titleColor: ink, mainBkg: tint, nodeBorder: accent, nodeTextColor: ink,
      clusterBkg: sunken, clusterBorder: strong, edgeLabelBackground: ground,
      actorBkg: tint, actorBorder: accent, actorTextColor: ink, actorLineColor: strong,
      signalColor: muted, signalTextColor: ink, labelBoxBkgColor: sunken, labelBoxBorderColor: strong, labelTextColor: ink, loopTextColor: ink,
      noteBkgColor: sunken, noteTextColor: ink, noteBorderColor: strong, activationBkgColor: sunken, activationBorderColor: strong,
      sectionBkgColor: sunken, altSectionBkgColor: ground, sectionBkgColor2: tint, taskBkgColor: tint, taskBorderColor: accent,
      taskTextColor: ink, taskTextDarkColor: ink, taskTextLightColor: ink, taskTextOutsideColor: ink, gridColor: strong,
      doneTaskBkgColor: sunken, doneTaskBorderColor: strong, activeTaskBkgColor: tint, activeTaskBorderColor: accent,
      dropShadow: "none", critBkgColor: colour("--bad-ground"), critBorderColor: colour("--bad"), todayLineColor: accent,
    },
  });
  for (const node of nodes) {
    node.removeAttribute("data-processed");
    node.textContent = sources.get(node);
  }
  await mermaid.run({ nodes, suppressErrors: true });
  for (const node of nodes) {
    const svg = node.querySelector("svg");
    // On a phone a wide diagram scrolls instead of shrinking to unreadable letters.
    if (svg) svg.style.minWidth = `${Math.min(parseFloat(svg.style.maxWidth) || 0, 560)}px`;
  }
}

if (diagrams.length) {
  const near = new IntersectionObserver(
    (entries) => {
      const nodes = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
      for (const node of nodes) near.unobserve(node);
      if (nodes.length) draw(nodes);
    },
    { rootMargin: "600px" },
  );
  for (const diagram of diagrams) near.observe(diagram);
  const redraw = () => draw(diagrams.filter((diagram) => diagram.hasAttribute("data-processed")));
  document.addEventListener("potok:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => draw(diagrams));
}
