// PostgreSQL and Redis of a benchmark, and what the textbook does with them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cpuUsWithChildren, freePort, run, runPinned, sleep, start, stop } from "./machine.mjs";

const stops = [];

export const stopAll = async () => {
  while (stops.length > 0) await stops.pop()();
};

/// With every commit on the disk.
export const startPostgres = (parent) => {
  const folder = join(parent, "postgres");
  mkdirSync(folder);
  const url = run("scripts/postgres.sh", ["start", folder], { env: { ...process.env, POSTGRES_FSYNC: "on" } }).trim();
  stops.push(() => run("scripts/postgres.sh", ["stop", folder]));
  const pid = Number(readFileSync(join(folder, "data/postmaster.pid"), "utf8").split("\n")[0]);
  return { url, pid };
};

export const startRedis = async (folder) => {
  const port = await freePort();
  const child = start("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]);
  stops.push(() => stop(child));
  for (let turn = 0; turn < 100; turn += 1) {
    await sleep(20);
    try {
      if (run("redis-cli", ["-p", String(port), "ping"]).includes("PONG")) break;
    } catch {
      // Not yet.
    }
  }
  return { url: `redis://127.0.0.1:${port}`, port, pid: child.pid };
};

/// The textbook: one row is locked, one order is written, one commit for each click.
export const hotRow = ({ url, pid }, folder) => {
  const database = `${url}/postgres`;
  run("psql", ["-q", database, "-c", "create table hot (id int primary key, remaining int not null); create table hot_order (id bigserial primary key, student int not null); insert into hot values (1, 2000000000)"]);
  const script = join(folder, "hot.sql");
  writeFileSync(script, "\\set student random(1, 1000000)\nbegin;\nupdate hot set remaining = remaining - 1 where id = 1 and remaining > 0;\ninsert into hot_order (student) values (:student);\ncommit;\n");
  return (seconds) => {
    const before = cpuUsWithChildren(pid);
    const out = runPinned("pgbench", ["-n", "-c", "64", "-j", "1", "-T", String(seconds), "-f", script, database]);
    const perS = Number(/tps = ([\d.]+)/.exec(out)[1]);
    return { perS, us: (cpuUsWithChildren(pid) - before) / (perS * seconds) };
  };
};

/// What this Redis does at best, for whoever reads the table.
export const redisBenchmark = ({ port }) => {
  const out = runPinned("redis-benchmark", ["-p", String(port), "-n", "100000", "-c", "64", "-q", "-t", "incr"]);
  const perS = Number(/INCR: ([\d.]+)/.exec(out)?.[1]);
  return [{ goal: "", what: "redis-benchmark, INCR", candidate: perS, unit: "/s", bound: "", met: true }];
};
