// Judges the certificates in files, one line of JSON each: node judge.mjs LANGUAGE certificate.xml ...
// It needs the package: `cargo xtask package FOLDER`, then `npm install FOLDER`.
import { readFileSync } from "node:fs";
import { init, load, moduleName, validate } from "phytoval";

const part = (name) => readFileSync(new URL(import.meta.resolve(`phytoval/${name}`)));
const [language, ...files] = process.argv.slice(2);

await init(part(moduleName()));
if (language !== "en") load(part(`messages/${language}.txt`).toString());
for (const file of files) {
  console.log(JSON.stringify(validate(readFileSync(file), { language })));
}
