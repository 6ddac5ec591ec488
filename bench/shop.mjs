// A shop to measure: its database, its students, its process.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers, ask, freePort, run, sleep, start, stop } from "./machine.mjs";

const SETTLED_MAX_MS = 60_000;
const CLICKS_AT_ONCE = 200;
/// Courses beside the first ones, so that a list has ten cards and pages.
const COURSES = 40;

/// The shop that is measured, on the database of `env.DATABASE_URL`; `env` stands for all its settings.
export class Shop {
  constructor(qiangke, folder, env) {
    this.qiangke = qiangke;
    this.folder = folder;
    this.env = { LOG: "warn", SMS_OUTBOX: join(folder, "outbox.jsonl"), ...env };
  }

  command(...args) {
    return run(this.qiangke, args, { env: { ...process.env, ...this.env } });
  }

  /// Tables, the first data, more courses.
  fill() {
    this.command("migrate");
    this.command("import", "seed/courses.sql");
    this.command("import", "seed/banners.sql");
    const file = join(this.folder, "more.sql");
    writeFileSync(file, moreCourses());
    this.command("import", file);
  }

  /// Students who are signed in: a file of their sessions' ids.
  students(count) {
    const file = join(this.folder, `cookies-${count}`);
    this.command("rush", "--students", String(count), "--cookies", file);
    return file;
  }

  /// A sale of a course, with holds of so many seconds; gives its number.
  sale(stock, course = 2, hold = 900) {
    const args = ["--course", course, "--price", "9.90", "--stock", stock, "--hold", hold].map(String);
    return Number(/sale (\d+)/.exec(this.command("sale", "create", "--yes", ...args))[1]);
  }

  async serve(env = {}) {
    this.address = `127.0.0.1:${await freePort()}`;
    const ops = `127.0.0.1:${await freePort()}`;
    this.process = start(this.qiangke, ["serve"], { env: { ...this.env, ...env, LISTEN: this.address, METRICS_LISTEN: ops } });
    this.pid = this.process.pid;
    await answers(this.process, `http://${this.address}/healthz`);
    return this;
  }

  /// Waits until the server knows a sale.
  async knows(sale) {
    while (!(await ask(`http://${this.address}/api/v1/sale/now/?id=${sale}`)).ok) await sleep(20);
  }

  /// One click for each of a file of students; gives a file of their tickets' ids.
  async clickEach(cookies, sale) {
    const ids = readFileSync(cookies, "utf8").trim().split("\n");
    const tasks = [];
    for (let from = 0; from < ids.length; from += CLICKS_AT_ONCE) {
      const clicks = ids.slice(from, from + CLICKS_AT_ONCE).map(async (cookie) => {
        const headers = { "content-type": "application/json", cookie };
        const answer = await ask(`http://${this.address}/api/v1/user/sckill/`, { method: "POST", headers, body: JSON.stringify({ sale }) });
        return (await answer.json()).task_id;
      });
      tasks.push(...(await Promise.all(clicks)));
    }
    const file = `${cookies}-tasks-${sale}`;
    writeFileSync(file, `${tasks.join("\n")}\n`);
    return file;
  }

  stop() {
    return stop(this.process);
  }

  /// Seats of a sale that are sold, once nobody waits for one.
  async sold(sale) {
    const end = Date.now() + SETTLED_MAX_MS;
    while (Date.now() < end) {
      const row = this.command("sale", "list").split("\n").map((line) => line.trim().split(/\s+/)).find(([id]) => Number(id) === sale);
      const [stock, left] = [Number(row[2]), Number(row[3])];
      const now = await (await ask(`http://${this.address}/api/v1/sale/now/?id=${sale}`)).json();
      if (now.result.left === left) return stock - left;
      await sleep(50);
    }
    throw new Error(`sale ${sale} does not settle`);
  }

  /// No green audit, no number.
  audit() {
    this.command("audit");
  }
}

/// Courses that are like the first ones.
const moreCourses = () => {
  const first = readFileSync("seed/courses.sql", "utf8").split("\n").find((line) => /^INSERT INTO luffy_course\(.*VALUES \(2, 2,/.test(line));
  if (!first) throw new Error("seed/courses.sql has no course 2");
  return Array.from({ length: COURSES }, (_, turn) => first.replace("VALUES (2, 2,", `VALUES (${turn + 100}, ${turn + 100},`)).join("\n");
};
