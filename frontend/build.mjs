// Build static/vendor: one file for the editor, Mermaid's own file, and their licences.
// The output is the same to the byte for the same lock; it is committed.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const target = process.argv[2] ?? join(here, "..", "static", "vendor");
const codemirror = join(target, "codemirror");
const mermaid = join(target, "mermaid");

for (const folder of [codemirror, mermaid]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
const result = await build({
  absWorkingDir: here,
  entryPoints: ["editor.js"],
  outfile: join(codemirror, "editor.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (match) packages.add(match[1]);
}
const licences = [...packages].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(modules, name, "LICENSE"), "utf8").trim()}\n`;
});
writeFileSync(join(codemirror, "LICENSES.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));

cpSync(join(modules, "@mermaid-js/tiny/dist/mermaid.tiny.js"), join(mermaid, "mermaid.tiny.js"));
cpSync(join(modules, "@mermaid-js/tiny/LICENSE"), join(mermaid, "LICENSE.txt"));
