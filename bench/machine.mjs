// Processes on this machine: started on a core of their own, asked for the time they took, and ended.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/// The core of whatever is measured, and that of whoever measures.
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;
/// The kernel counts a process' time in this many ticks a second (sysconf(_SC_CLK_TCK) on Linux).
const TICKS_PER_S = 100;
const START_MAX_MS = 30_000;
const END_MAX_MS = 30_000;

const started = new Set();

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.floor(sorted.length / 2)];
};

export const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer().once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/// Starts a server on its core. `stderr` gathers what it says.
export const start = (command, args, { env = {}, core = SERVER_CORE } = {}) => {
  const child = spawn("taskset", ["-c", String(core), command, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (child.said = (child.said + text).slice(-4_000)));
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
};

/// A request on a connection of the pool. One that stood still for too long is found closed: then another one is tried, once.
export const ask = (url, options) => fetch(url, options).catch(() => fetch(url, options));

/// Waits until a server answers.
export const answers = async (child, url) => {
  const end = Date.now() + START_MAX_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return answer.text();
    await sleep(2);
  }
  throw new Error(`${url} does not answer: ${child.said}`);
};

export const stop = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), END_MAX_MS);
  await ended;
  clearTimeout(late);
};

export const stopAll = () => Promise.all([...started].map(stop));

/// Runs a command to its end; gives what it printed.
export const run = (command, args, options = {}) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options });
  if (error || status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error ?? stderr.trim().split("\n").slice(-3).join(" ")}`);
  return stdout;
};

/// The same on the client's core.
export const runPinned = (command, args, options = {}) => run("taskset", ["-c", String(CLIENT_CORE), command, ...args], options);

/// The same without standing still meanwhile.
export const runBeside = (command, args, env = {}) => {
  const child = start(command, args, { env, core: CLIENT_CORE });
  let out = "";
  child.stdout.on("data", (text) => (out += text));
  return new Promise((done, fail) => child.once("close", (code) => (code === 0 ? done(out) : fail(new Error(`${command}: ${child.said}`)))));
};

const stat = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};

/// Microseconds of a core that a process took so far; with those of its children that ended.
export const cpuUs = (pid) => {
  const fields = stat(pid);
  return (fields.slice(11, 15).reduce((all, ticks) => all + Number(ticks), 0) * 1e6) / TICKS_PER_S;
};

/// The same of a server of many processes.
export const cpuUsWithChildren = (pid) => {
  // It ends with 1 when there is none.
  const children = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  return cpuUs(pid) + children.reduce((all, child) => all + alive(() => cpuUs(Number(child))), 0);
};

const alive = (read) => {
  try {
    return read();
  } catch {
    return 0;
  }
};

/// MB of memory that a process has now, and had at most.
export const memoryMb = (pid) => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)[1]);
  return { now: kb("VmRSS") / 1024, peak: kb("VmHWM") / 1024 };
};

/// Milliseconds that the disk takes to keep 4 KiB: the median.
export const syncMs = (folder) => {
  const file = join(folder, "sync");
  const handle = openSync(file, "w");
  const block = Buffer.alloc(4096, 1);
  const times = [];
  for (let turn = 0; turn < 100; turn += 1) {
    const since = performance.now();
    writeSync(handle, block);
    fdatasyncSync(handle);
    times.push(performance.now() - since);
  }
  closeSync(handle);
  rmSync(file);
  return median(times);
};
