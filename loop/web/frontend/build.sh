#!/usr/bin/env bash
# Builds ../static/editor.js and ../static/htmx.min.js from the pinned packages, with their licences beside, and says versions.
# Needs Node 20 and npm; `goldloop serve` needs neither.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json editor.js "$work"
cd "$work"
npm install --silent --no-audit --no-fund
node_modules/.bin/esbuild editor.js --bundle --minify --format=iife --target=es2022 --legal-comments=none --outfile=built.js --log-level=warning
cd - >/dev/null
cp "$work/built.js" ../static/editor.js
cp "$work/node_modules/htmx.org/dist/htmx.min.js" ../static/htmx.min.js
node - "$work" >../static/LICENCES.txt <<'NODE'
const fs = require("fs"), path = require("path");
const root = path.join(process.argv[2], "node_modules"), found = [];
const look = (folder) => {
  for (const name of fs.readdirSync(folder).sort()) {
    if (name.startsWith(".")) continue;
    const here = path.join(folder, name), facts = path.join(here, "package.json");
    if (name.startsWith("@") && !fs.existsSync(facts)) look(here);
    else if (fs.existsSync(facts)) found.push(here);
  }
};
look(root);
for (const folder of found) {
  const facts = JSON.parse(fs.readFileSync(path.join(folder, "package.json")));
  if (/esbuild/.test(facts.name)) continue;
  const file = fs.readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  console.log(`${facts.name} ${facts.version}, ${facts.license}\n`);
  if (file) console.log(fs.readFileSync(path.join(folder, file), "utf8").trim());
  console.log(`\n${"-".repeat(78)}\n`);
}
NODE
grep -E '^[@a-z][^ ]* [0-9]+\.[0-9]+' ../static/LICENCES.txt
