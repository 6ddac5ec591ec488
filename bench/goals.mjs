// What is measured for each goal, S1 to S9, S11 and S17 (S10 is `make lighthouse`).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { costsOf } from "./costs.mjs";
import * as engines from "./engines.mjs";
import { holdsOf } from "./holds.mjs";
import { answers, ask, cpuUsWithChildren, freePort, median, memoryMb, run, runBeside, sleep, start, stop, syncMs } from "./machine.mjs";
import { Shop } from "./shop.mjs";
import { atMost, ratio } from "./table.mjs";
import { wrk } from "./wrk.mjs";

const ROUNDS = 5;
/// Seconds of a measurement.
const WINDOW_S = 2;
/// Students of a measurement that asks again and again; each stays below the limit of clicks.
const STUDENTS = 20_000;
/// Students of a round of orders: more than can be served in a window.
const BUYERS = 60_000;
/// Connections of a crowd: group commit lives on a crowd.
const CROWD = 1_000;
const PLENTY = 1_000_000;
const LIST = "/courses?size=10";
const JSON_FIELDS = { "content-type": "application/json" };

/// Ends what goals share.
export const close = () => engines.stopAll();

const embedded = (setting, name, env = {}) => {
  const folder = join(setting.folder, name);
  mkdirSync(folder);
  const shop = new Shop(setting.qiangke, folder, { DATABASE_URL: `sqlite://${folder}/shop.db`, ...env });
  shop.fill();
  return shop;
};

/// The same with PostgreSQL and Redis, which are stopped with `engines.stopAll`.
const shared = async (setting, name) => {
  const folder = join(setting.folder, name);
  mkdirSync(folder);
  const postgres = engines.startPostgres(folder);
  const redis = await engines.startRedis(folder);
  const shop = new Shop(setting.qiangke, folder, { DATABASE_URL: `${postgres.url}/postgres`, REDIS_URL: redis.url });
  shop.fill();
  return { shop, postgres, redis };
};

const startBaseline = async ({ baseline }, files = []) => {
  const address = `127.0.0.1:${await freePort()}`;
  const process = start(baseline, [address, ...files]);
  await answers(process, `http://${address}/hello`);
  return { address, process, pid: process.pid };
};

/// Rounds of candidate and baseline in turn.
const rounds = (candidate, baseline) => Array.from({ length: ROUNDS }, () => ({ candidate: candidate(), baseline: baseline() }));

const hello = (base) => () => wrk(base, base.address, { target: "/hello" }, WINDOW_S);

/// What the shop answers to a path, to be served by the baseline.
const capture = async (shop, folder, path, fields) => {
  // A fetch would take the answer's encoding off.
  const file = join(folder, `bytes-${path.replaceAll(/\W/g, "_")}`);
  const flags = Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const type = run("curl", ["-sf", "-o", file, "-w", "%{content_type}", ...flags, `http://${shop.address}${path}`]);
  return { type, file };
};

/// S1, S3: an answer from memory beside a bare route with the same bytes.
const fromMemory = async (setting) => {
  const shop = await embedded(setting, "memory").serve();
  const br = { "accept-encoding": "br" };
  const asked = [
    { goal: "S1", what: "cached page, br", path: "/", least: 0.9 },
    { goal: "S1", what: "cached list page, br", path: LIST, least: 0.9 },
    { goal: "S3", what: "list JSON", path: "/api/v1/course/actual/?page_size=10", least: 0.8 },
    { goal: "S3", what: "category JSON", path: "/api/v1/course/category/", least: 0.8 },
  ];
  const files = [];
  for (const [number, one] of asked.entries()) {
    const { type, file } = await capture(shop, setting.folder, one.path, br);
    files.push(`/bytes/${number}|${type}|${file}`);
  }
  const base = await startBaseline(setting, files);
  const rows = asked.map(({ goal, what, path, least }, number) =>
    ratio(goal, what, least, rounds(
      () => wrk(shop, shop.address, { target: path, fields: br }, WINDOW_S),
      () => wrk(base, base.address, { target: `/bytes/${number}`, fields: br }, WINDOW_S),
    )));
  const etag = (await ask(`http://${shop.address}/`)).headers.get("etag");
  const known = { target: "/", fields: { "if-none-match": etag } };
  rows.push(ratio("S1", "304, of hello", 0.85, rounds(() => wrk(shop, shop.address, known, WINDOW_S), hello(base))));
  await Promise.all([shop.stop(), stop(base.process)]);
  shop.audit();
  return rows;
};

/// S2: a list page that is rendered for each request.
const rendered = async (setting) => {
  const shop = await embedded(setting, "rendered").serve({ PAGE_CACHE_MB: "0" });
  const page = await (await ask(`http://${shop.address}${LIST}`)).text();
  const cards = page.split('class="course-card ').length - 1;
  if (cards !== 10) throw new Error(`the list has ${cards} cards`);
  const us = Array.from({ length: ROUNDS }, () => wrk(shop, shop.address, { target: LIST }, WINDOW_S).us);
  await shop.stop();
  shop.audit();
  return [atMost("S2", "list page of ten cards, rendered", us, 300, "us")];
};

/// S4: what a click and a poll cost that need no row, beside server functions that do nothing.
const clicks = async (setting) => {
  const shop = embedded(setting, "clicks");
  const held = shop.sale(STUDENTS);
  const out = shop.sale(1);
  await shop.serve();
  const cookies = shop.students(STUDENTS);
  const first = `${cookies}-first`;
  writeFileSync(first, readFileSync(cookies, "utf8").split("\n").slice(0, 1).join("\n"));
  for (const sale of [held, out]) await shop.knows(sale);
  await shop.clickEach(first, out);
  const tasks = await shop.clickEach(cookies, held);
  await shop.sold(held);
  const base = await startBaseline(setting);
  const post = (sale, target = "/api/v1/user/sckill/") => ({ method: "POST", target, body: `{"sale":${sale}}`, fields: JSON_FIELDS, cookies });
  const click = (sale) => () => wrk(shop, shop.address, post(sale), WINDOW_S);
  const f = () => wrk(base, base.address, post(1, "/f/post"), WINDOW_S);
  const poll = (server, target) => () => wrk(server, server.address, { target: `${target}?task_id=`, cookies, tasks }, WINDOW_S);
  click(held)();
  const rows = [
    ratio("S4", "click, answered with its ticket, of F", 0.7, rounds(click(held), f)),
    ratio("S4", "click, sold out, of F", 0.85, rounds(click(out), f)),
    ratio("S4", "poll, of F", 0.8, rounds(poll(shop, "/api/v1/user/sckill/"), poll(base, "/f/get"))),
  ];
  await Promise.all([shop.stop(), stop(base.process)]);
  shop.audit();
  return rows;
};

/// A window of clicks by students who have no ticket yet, until the last of them is settled: orders a second.
const orders = async (shop, cookies, sale) => {
  await shop.knows(sale);
  const since = performance.now();
  const asked = { method: "POST", target: "/api/v1/user/sckill/", body: `{"sale":${sale}}`, fields: JSON_FIELDS, cookies };
  const before = shop.cpu();
  const { requests } = wrk(shop, shop.address, asked, WINDOW_S, CROWD);
  if (requests >= BUYERS) throw new Error(`${requests} clicks of ${BUYERS} students: there must be more of them`);
  const sold = await shop.sold(sale);
  const seconds = (performance.now() - since) / 1_000;
  return { perS: sold / seconds, us: (shop.cpu() - before) / sold };
};

/// Each student's session is read once before the round.
const warm = (shop, cookies) => wrk(shop, shop.address, { target: "/api/v1/user/me/", cookies }, WINDOW_S * 2);

/// S5: orders on the disk, of hello.
const ordersEmbedded = async (setting) => {
  const shop = embedded(setting, "orders");
  const sales = Array.from({ length: ROUNDS }, () => shop.sale(PLENTY));
  const cookies = shop.students(BUYERS);
  await shop.serve();
  shop.cpu = () => cpuUsWithChildren(shop.pid);
  const base = await startBaseline(setting);
  const measured = [];
  for (const sale of sales) {
    warm(shop, cookies);
    measured.push({ candidate: await orders(shop, cookies, sale), baseline: hello(base)() });
  }
  await Promise.all([shop.stop(), stop(base.process)]);
  shop.audit();
  return [ratio("S5", "orders on the disk, SQLite, of hello", 0.15, measured)];
};

/// S6: the same with PostgreSQL and Redis, beside the textbook's transaction on the same server.
const ordersShared = async (setting) => {
  const { shop, postgres, redis } = await shared(setting, "shared");
  const sales = Array.from({ length: ROUNDS }, () => shop.sale(PLENTY));
  const cookies = shop.students(BUYERS);
  await shop.serve();
  shop.cpu = () => cpuUsWithChildren(shop.pid) + cpuUsWithChildren(postgres.pid) + cpuUsWithChildren(redis.pid);
  const textbook = engines.hotRow(postgres, setting.folder);
  const measured = [];
  for (const sale of sales) {
    warm(shop, cookies);
    measured.push({ candidate: await orders(shop, cookies, sale), baseline: textbook(WINDOW_S * 2) });
  }
  await shop.stop();
  shop.audit();
  const benchmark = engines.redisBenchmark(redis);
  await engines.stopAll();
  return [ratio("S6", "orders on the disk, PostgreSQL and Redis, of the hot row", 30, measured), ...benchmark];
};

/// A load test at an even rate, or all at once; gives its report.
const loadTest = async (shop, sale, students, seconds) => {
  const profile = seconds === 0 ? ["--profile", "burst"] : ["--profile", "even", "--seconds", String(seconds)];
  const args = ["rush", "--url", `http://${shop.address}`, "--sale", String(sale), "--students", String(students), ...profile, "--json"];
  const report = JSON.parse(await runBeside(shop.qiangke, args, shop.env));
  if (report.audit.length > 0) throw new Error(report.audit.join("; "));
  const failed = Object.values(report.errors).reduce((all, count) => all + count, 0) + report.undecided + report.turned_away;
  if (failed > 0) throw new Error(`${failed} of ${report.students} students were not served: ${JSON.stringify(report.errors)}`);
  return report;
};

/// S7, S8: what a student waits, at half of the greatest rate that one core of clients brings, and in a flood of refused clicks.
const latency = async (setting) => {
  const SECONDS = 6;
  const shop = embedded(setting, "latency");
  const [greatest, half, alone, flooded] = Array.from({ length: 4 }, () => shop.sale(PLENTY));
  const out = shop.sale(1);
  const cookies = shop.students(STUDENTS);
  await shop.serve();
  for (const sale of [greatest, half, alone, flooded, out]) await shop.knows(sale);
  const most = (await loadTest(shop, greatest, STUDENTS, 0)).accepted_per_s;
  const rate = most / 2;
  const sync = syncMs(setting.folder);
  const settled = await loadTest(shop, half, Math.round(rate * SECONDS), SECONDS);
  // The flood leaves the winners the same rate that they had alone, a tenth of the greatest.
  const few = Math.round((most / 10) * SECONDS);
  const before = await loadTest(shop, alone, few, SECONDS);
  await sleep(200);
  const flood = runBeside("wrk", ["-t1", "-c64", `-d${SECONDS + 4}s`, "-s", new URL("request.lua", import.meta.url).pathname, `http://${shop.address}`], {
    METHOD: "POST", TARGET: "/api/v1/user/sckill/", BODY: `{"sale":${out}}`, FIELDS: "content-type: application/json\n", COOKIES: cookies,
  });
  await sleep(1_000);
  const during = await loadTest(shop, flooded, few, SECONDS);
  await flood;
  await shop.stop();
  shop.audit();
  return [
    atMost("S7", `click to settled, p99 at ${Math.round(rate)}/s (fsync ${sync.toFixed(1)} ms; the clients' own part ${settled.sent_late_ms.p99.toFixed(1)} ms)`, [settled.settled_ms.p99], 8 * sync + 10, "ms"),
    atMost("S8", `winners' click p99 in a flood (alone ${before.click_ms.p99.toFixed(1)} ms; the clients' own part ${during.sent_late_ms.p99.toFixed(1)} ms)`, [during.click_ms.p99], 2 * before.click_ms.p99, "ms"),
  ];
};

/// S9: what a browser downloads.
const sizes = async () => {
  const out = run("node", ["scripts/budget.mjs", "target/site", "--json"]);
  const { code } = JSON.parse(out);
  return [atMost("S9", "WASM and JS after brotli", [code / 1_000], 80, "KB")];
};

/// S11: from the start to the first answer, and memory.
const footprint = async (setting) => {
  const shop = embedded(setting, "footprint");
  const sale = shop.sale(PLENTY);
  const starts = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const since = performance.now();
    await shop.serve();
    starts.push(performance.now() - since);
    if (turn < ROUNDS - 1) await shop.stop();
  }
  await sleep(2_000);
  const idle = memoryMb(shop.pid).now;
  await shop.knows(sale);
  await loadTest(shop, sale, 100_000, 30);
  const { peak } = memoryMb(shop.pid);
  await shop.stop();
  shop.audit();
  return [
    atMost("S11", "start to serving", starts, 150, "ms"),
    atMost("S11", "memory, idle", [idle], 64, "MB"),
    atMost("S11", "memory, in a rush of 100,000", [peak], 256, "MB"),
  ];
};

/// What docs/scale.md carries further: no goal, but what it rests on.
const costs = async (setting) => {
  const alone = await costsOf(embedded(setting, "costs"), []);
  const { shop, postgres, redis } = await shared(setting, "costs-shared");
  const together = await costsOf(shop, [{ name: "Redis", pid: redis.pid }, { name: "PostgreSQL", pid: postgres.pid }]);
  await engines.stopAll();
  return [...alone, ...together];
};

/// S17: holds and payments, on both engines.
const holds = async (setting) => {
  const alone = await holdsOf(embedded(setting, "holds"), "SQLite");
  const { shop } = await shared(setting, "holds-shared");
  const together = await holdsOf(shop, "PostgreSQL and Redis");
  await engines.stopAll();
  return [...alone, ...together];
};

export const all = { memory: fromMemory, rendered, clicks, orders: ordersEmbedded, shared: ordersShared, latency, sizes, footprint, holds, costs };
