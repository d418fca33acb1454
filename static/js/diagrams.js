// Diagrams: drawn when they come near (Mermaid has 2.9 MB), and shown large in a dialog.

const page = document.querySelector("[data-mermaid]");
const diagrams = page ? [...document.querySelectorAll("pre.mermaid")] : [];
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
    if (svg) {
      svg.style.minWidth = `${Math.min(parseFloat(svg.style.maxWidth) || 0, 560)}px`;
      offerZoom(node);
    }
  }
}

const dialog = document.getElementById("zoom");
let scale = 1;
let width = 0;

function zoom(to) {
  scale = Math.min(4, Math.max(0.5, to));
  dialog.querySelector("svg").style.width = `${width * scale}px`;
  dialog.querySelector("output").textContent = `${Math.round(scale * 100)} %`;
}

function offerZoom(diagram) {
  const figure = diagram.closest("figure");
  if (!dialog || !figure || figure.querySelector(".zoom-button")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small zoom-button no-print";
  button.textContent = dialog.dataset.open;
  const name = diagram.getAttribute("aria-label");
  if (name) button.setAttribute("aria-label", `${dialog.dataset.open}: ${name}`);
  button.addEventListener("click", () => {
    const svg = diagram.querySelector("svg").cloneNode(true);
    const box = svg.viewBox.baseVal;
    svg.style.maxWidth = svg.style.minWidth = "none";
    dialog.querySelector(".zoom-title").textContent = name ?? "";
    dialog.querySelector(".zoom-body").replaceChildren(svg);
    dialog.showModal();
    // As large as the window lets it be: that is 100 %.
    const room = dialog.querySelector(".zoom-body");
    const fit = Math.min(room.clientWidth / box.width, room.clientHeight / box.height, 2);
    width = box.width * fit;
    zoom(1);
  });
  figure.append(button);
}

if (dialog) {
  const steps = { smaller: () => zoom(scale / 1.25), larger: () => zoom(scale * 1.25), whole: () => zoom(1) };
  dialog.addEventListener("click", (event) => {
    const action = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (action === "close" || event.target === dialog) dialog.close();
    else steps[action]?.();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { "+": "larger", "=": "larger", "-": "smaller", 0: "whole" }[event.key];
    if (step) steps[step]();
  });
  dialog.addEventListener("close", () => dialog.querySelector(".zoom-body").replaceChildren());
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
