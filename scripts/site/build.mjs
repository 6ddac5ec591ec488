// Builds the site that a browser loads: target/site, with the program (WASM and its JavaScript half), the style sheet and the files of
// public/. Names of files in pkg/ have a hash of their content, so that a browser keeps them for good; each file that gets smaller has a
// brotli and a gzip copy beside it. The server finds the names by itself. `--pages` leaves the program out: pages work without it.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import browserslist from "browserslist";
import { transformSync } from "esbuild";
import { browserslistToTargets, bundle, transform } from "lightningcss";
import cascadeLayers from "@csstools/postcss-cascade-layers";
import postcss from "postcss";

const TARGET = process.env.CARGO_TARGET_DIR ?? "target";
const SITE = "target/site";
const PROFILE = "wasm-release";
// Where the WASM half imports from.
const MODULE = "./qiangke_bg.js";
// What the compiler uses by default.
const FEATURES = [
  "--enable-bulk-memory", "--enable-multivalue", "--enable-mutable-globals", "--enable-nontrapping-float-to-int",
  "--enable-reference-types", "--enable-sign-ext",
];
// For size.
const WASM_OPT = [...FEATURES, "-Oz", "--converge", "--strip-producers", "--strip-target-features"];

// SHA-256 as a loop: unrolled, its rounds are 8 KB that only a browser needs which works for a code.
const RUSTFLAGS = '--cfg sha2_backend_soft="compact"';

const run = (program, ...args) => execFileSync(program, args, { stdio: "inherit" });
const hash = (bytes) => createHash("sha256").update(bytes).digest("base64url").slice(0, 16);

/// The program: compiled, given its JavaScript half, made small.
function program(folder) {
  process.env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS = RUSTFLAGS;
  run(
    "cargo", "build", "--lib", "--features", "hydrate", "--target", "wasm32-unknown-unknown", "--profile", PROFILE,
    // A folder of its own: flags and features differ from the server's.
    "--target-dir", join(TARGET, "front"),
  );
  const compiled = join(TARGET, "front/wasm32-unknown-unknown", PROFILE, "qiangke.wasm");
  run("wasm-bindgen", "--target", "web", "--no-typescript", "--out-dir", folder, "--out-name", "qiangke", compiled);
  const wasm = join(folder, "qiangke.wasm");
  run("wasm-opt", ...WASM_OPT, join(folder, "qiangke_bg.wasm"), "-o", wasm);
  const names = execFileSync("wasm-opt", [...FEATURES, "--minify-imports-and-exports-and-modules", wasm, "-o", wasm], { encoding: "utf8" });
  const js = renamed(readFileSync(join(folder, "qiangke.js"), "utf8"), JSON.parse(names));
  const { code } = transformSync(js, { minify: true, treeShaking: true, format: "esm", target: "es2022" });
  return { js: Buffer.from(code), wasm: readFileSync(wasm) };
}

/// The JavaScript half with the short names that the WASM half got. The name of an import holds a random number, which no compression
/// makes smaller, and stands in both halves. Who starts the program has the WASM at hand, so the way without waiting for it goes, too.
function renamed(js, { imports, exports }) {
  let text = js;
  const rename = (name, short) => {
    const parts = text.split(name);
    if (parts.length === 1) throw new Error(`the JavaScript half does not say ${name.trim()}`);
    text = parts.join(short);
  };
  // wasm-opt gives every import of the one module the same short module.
  rename(`"${MODULE}": `, '"a": ');
  for (const [module, name, short] of imports) {
    if (module !== MODULE) throw new Error(`${name} is imported from ${module}`);
    rename(`\n        ${name}: `, `\n        ${short}: `);
  }
  const names = new Map(exports);
  text = text.replace(/(?<=\bwasm\.)\w+/g, (name) => names.get(name) ?? name);
  rename("export { initSync, ", "export { ");
  return text;
}

/// The style sheet. A browser that knows no layers (Chrome before 99, as in some phones) would pass over every rule of one, so that
/// the order of layers becomes selectors.
async function style() {
  const targets = browserslistToTargets(browserslist("defaults"));
  const layered = bundle({ filename: "style/main.css", targets }).code.toString();
  const { css } = await postcss([cascadeLayers()]).process(layered, { from: undefined });
  return transform({ filename: "main.css", code: Buffer.from(css), minify: true, targets }).code;
}

/// Every file below a folder.
function files(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function compress(path) {
  const bytes = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const smaller = { ".br": brotliCompressSync(bytes, { params }), ".gz": gzipSync(bytes, { level: 9 }) };
  for (const [extension, packed] of Object.entries(smaller)) {
    if (packed.length < bytes.length) writeFileSync(path + extension, packed);
  }
}

mkdirSync("target", { recursive: true });
// A build that ends half way leaves the last site as it was.
const folder = mkdtempSync("target/site-");
try {
  const site = join(folder, "site");
  mkdirSync(join(site, "pkg"), { recursive: true });
  const parts = process.argv.includes("--pages") ? {} : program(folder);
  for (const [extension, bytes] of Object.entries({ ...parts, css: await style() })) {
    writeFileSync(join(site, "pkg", `qiangke.${hash(bytes)}.${extension}`), bytes);
  }
  cpSync("public", site, { recursive: true });
  files(site).forEach(compress);
  rmSync(SITE, { recursive: true, force: true });
  renameSync(site, SITE);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
