// Lighthouse on a phone, over the pages that students see: the median of three runs of each, and the reports.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as chromeLauncher from "chrome-launcher";
import lighthouse, { generateReport } from "lighthouse";
import { computeMedianRun } from "lighthouse/core/lib/median-run.js";
import { median, stopAll } from "../machine.mjs";
import { Shop } from "../shop.mjs";

const RUNS = 3;
const REPORTS = "target/lighthouse";
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SCORES = ["performance", "accessibility", "best-practices", "seo"];
const METRICS = [
  ["FCP", "first-contentful-paint", 1_074],
  ["LCP", "largest-contentful-paint", 1_555],
  ["TBT", "total-blocking-time", 66],
  ["SI", "speed-index", 1_966],
  ["CLS", "cumulative-layout-shift", 0.04],
];

const [qiangke] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "lighthouse-"));
let chrome;
const end = async () => {
  chrome?.kill();
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end().finally(() => process.exit(130)));

/// Loads that are tried for one run: now and then Chromium writes a trace without the page's beginning (NO_NAVSTART).
const TRIES = 3;

const load = async (url) => {
  let fault;
  for (let turn = 0; turn < TRIES; turn += 1) {
    const { lhr } = await lighthouse(url, { port: chrome.port, formFactor: "mobile", logLevel: "error" });
    if (!lhr.runtimeError) return lhr;
    fault = lhr.runtimeError.message;
  }
  throw new Error(`${url}: ${fault}`);
};

const measure = async (url) => {
  const runs = [];
  for (let turn = 0; turn < RUNS; turn += 1) runs.push(await load(url));
  return runs;
};

const row = (page, runs) => ({
  page,
  scores: SCORES.map((name) => Math.round(100 * median(runs.map((run) => run.categories[name].score)))),
  metrics: METRICS.map(([, audit]) => median(runs.map((run) => run.audits[audit].numericValue))),
});

const rows = [];
try {
  mkdirSync(REPORTS, { recursive: true });
  const shop = new Shop(qiangke, folder, { DATABASE_URL: `sqlite://${folder}/shop.db` });
  shop.command("migrate");
  shop.command("import", "seed/courses.sql");
  shop.command("import", "seed/banners.sql");
  const sale = shop.sale(100);
  await shop.serve();
  await shop.knows(sale);
  chrome = await chromeLauncher.launch({ chromePath: process.env.CHROMIUM, chromeFlags: FLAGS });
  const pages = { home: "/", list: "/courses", course: "/courses/1", sale: `/seckill/${sale}`, "sign-in": "/sign-in" };
  for (const [page, path] of Object.entries(pages)) {
    process.stderr.write(`${page} …\n`);
    const runs = await measure(`http://${shop.address}${path}`);
    writeFileSync(join(REPORTS, `${page}.html`), generateReport(computeMedianRun(runs), "html"));
    rows.push(row(page, runs));
  }
} finally {
  await end();
}
writeFileSync(join(REPORTS, "summary.json"), `${JSON.stringify(rows, null, 2)}\n`);
const misses = ({ scores, metrics }) => [
  ...scores.flatMap((score, at) => (score < 100 ? [`${SCORES[at]} ${score}`] : [])),
  ...metrics.flatMap((value, at) => (value > METRICS[at][2] ? [`${METRICS[at][0]} > ${METRICS[at][2]}`] : [])),
];
const line = (cells) => process.stdout.write(`${cells.map((cell, at) => String(cell).padEnd(at === 0 ? 8 : 9)).join(" ").trimEnd()}\n`);
line(["page", "perf", "a11y", "practice", "seo", ...METRICS.map(([name]) => name), ""]);
for (const one of rows) {
  const metrics = one.metrics.map((value, at) => (METRICS[at][0] === "CLS" ? value.toFixed(3) : `${Math.round(value)} ms`));
  line([one.page, ...one.scores, ...metrics, misses(one).length === 0 ? "met" : `MISSED: ${misses(one).join(", ")}`]);
}
process.stdout.write(`\nthe reports: ${REPORTS}/\n`);
