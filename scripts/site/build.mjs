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
// What the compiler uses by default, and for size.
const WASM_OPT = [
  "-Oz", "--converge", "--strip-producers", "--strip-target-features",
  "--enable-bulk-memory", "--enable-multivalue", "--enable-mutable-globals", "--enable-nontrapping-float-to-int",
  "--enable-reference-types", "--enable-sign-ext",
];

const run = (program, ...args) => execFileSync(program, args, { stdio: "inherit" });
const hash = (bytes) => createHash("sha256").update(bytes).digest("base64url").slice(0, 16);

/// The program: compiled, given its JavaScript half, made small.
function program(folder) {
  run(
    "cargo", "build", "--lib", "--features", "hydrate", "--target", "wasm32-unknown-unknown", "--profile", PROFILE,
    // A folder of its own: flags and features differ from the server's.
    "--target-dir", join(TARGET, "front"),
  );
  const compiled = join(TARGET, "front/wasm32-unknown-unknown", PROFILE, "qiangke.wasm");
  run("wasm-bindgen", "--target", "web", "--no-typescript", "--out-dir", folder, "--out-name", "qiangke", compiled);
  run("wasm-opt", ...WASM_OPT, join(folder, "qiangke_bg.wasm"), "-o", join(folder, "qiangke.wasm"));
  const { code } = transformSync(readFileSync(join(folder, "qiangke.js"), "utf8"), { minify: true, format: "esm", target: "es2022" });
  return { js: Buffer.from(code), wasm: readFileSync(join(folder, "qiangke.wasm")) };
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
