// Throughput by wrk, and what a request costs the server that is asked.
import { cpuUs, runPinned } from "./machine.mjs";

const SCRIPT = new URL("request.lua", import.meta.url).pathname;
const CONNECTIONS = 64;

/// Asks for `seconds`; gives requests, requests a second, and microseconds of the server's core for each.
/// Any answer that is not the expected kind is an error: a fast refusal is no result.
export const wrk = ({ pid, cpu = cpuUs }, address, asked, seconds, connections = CONNECTIONS) => {
  const { method = "GET", target, body = "", fields = {}, cookies = "", tasks = "" } = asked;
  const env = { ...process.env, METHOD: method, TARGET: target, COOKIES: cookies, TASKS: tasks };
  env.FIELDS = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`).join("");
  if (body) env.BODY = body;
  const before = cpu(pid);
  const out = runPinned("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", SCRIPT, `http://${address}`], { env });
  const took = cpu(pid) - before;
  const number = (pattern) => Number(pattern.exec(out)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  const bad = number(/Non-2xx or 3xx responses: (\d+)/);
  const broken = number(/Socket errors: .*read (\d+)/) + number(/timeout (\d+)/);
  if (requests === 0 || bad > 0 || broken > 0) throw new Error(`${method} ${target}: ${requests} answers, ${bad} bad, ${broken} broken`);
  return { requests, perS: number(/Requests\/sec:\s+([\d.]+)/), us: took / requests };
};
