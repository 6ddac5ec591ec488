// What a browser downloads before the shop moves, after brotli at its best: over the budget is a failure.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const KB = 1000;
const CODE_MAX = 80 * KB;
const STYLE_MAX = 12 * KB;
const LESSON_MAX = 2 * KB;

const site = process.argv[2] ?? "target/site";
const asJson = process.argv.includes("--json");
const pkg = readdirSync(join(site, "pkg")).map((name) => `pkg/${name}`);
const files = ["boot.js", ...pkg].filter((name) => /\.(js|wasm|css)$/.test(name));

for (const kind of [".js", ".wasm", ".css"]) {
  if (pkg.some((name) => name.endsWith(kind))) continue;
  console.error(`budget: there is no ${kind} file in ${site}/pkg: was it built?`);
  process.exit(1);
}

const size = (name) => {
  const bytes = readFileSync(join(site, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { name, plain: bytes.length, brotli: brotliCompressSync(bytes, { params }).length };
};
const row = (name, plain, brotli) => asJson || console.log(`${name.padEnd(32)} ${String(plain).padStart(9)} ${String(brotli).padStart(9)}`);

const sizes = files.map(size);
row("file", "bytes", "brotli");
for (const { name, plain, brotli } of sizes) row(name, plain, brotli);

const failures = [];
const sums = {};
const check = (what, kind, most) => {
  const own = sizes.filter(({ name }) => kind.test(name));
  const sum = own.reduce((all, { brotli }) => all + brotli, 0);
  sums[what] = sum;
  row(`${what} (at most ${most / KB} KB)`, own.reduce((all, { plain }) => all + plain, 0), sum);
  if (sum > most) failures.push(`${what} has ${sum - most} bytes too many`);
  return own.length;
};
check("code", /\.(js|wasm)$/, CODE_MAX);
// Of the pages of lessons alone, and as it is written.
const lesson = readFileSync(join(site, "learn.js")).length;
row(`learn.js (at most ${LESSON_MAX / KB} KB)`, lesson, size("learn.js").brotli);
if (lesson > LESSON_MAX) failures.push(`learn.js has ${lesson - LESSON_MAX} bytes too many`);
if (check("style", /\.css$/, STYLE_MAX) > 1) failures.push("there is more than one style sheet");

if (asJson) console.log(JSON.stringify(sums));
for (const failure of failures) console.error(`budget: ${failure}`);
process.exitCode = failures.length > 0 && !asJson ? 1 : 0;
