#!/bin/sh
# Makes drawing.min.js and its licences again from npm, with the versions of package-lock.json.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/entry.js" "$here/package.json" "$here/package-lock.json" "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --silent
node_modules/.bin/esbuild entry.js --bundle --minify --format=iife --global-name=drawing --target=es2020 \
  --legal-comments=none --charset=ascii --log-level=error --metafile=meta.json --outfile=drawing.min.js
node - > drawing.min.js.LICENSES.txt <<'END'
const fs = require('fs');
const inputs = Object.keys(JSON.parse(fs.readFileSync('meta.json', 'utf8')).inputs);
const packages = [...new Set(inputs.map(file => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]))].filter(Boolean);
console.log('drawing.min.js is made of these packages, of which it holds parts.\n');
for (const name of packages.sort()) {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8'));
  const file = fs.readdirSync(folder).find(one => /^licen[cs]e/i.test(one));
  console.log(`${'='.repeat(80)}\n${name} ${about.version} (${about.license})\n`);
  console.log(fs.readFileSync(`${folder}/${file}`, 'utf8').trim() + '\n');
}
END
cp drawing.min.js drawing.min.js.LICENSES.txt "$here"
cd "$here"
sha256sum drawing.min.js > drawing.min.js.sha256
cat drawing.min.js.sha256
