// What a shop of the tests keeps its database in: a file, or, under scripts/on-postgres.sh, a database and a Redis of its own.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How long Redis may take to start, in ms. */
const START_TIMEOUT = 10_000;

/** The settings that name the engines, and what ends them. */
export type Engines = { env: NodeJS.ProcessEnv; stop: () => Promise<void> };

export async function startEngines(folder: string): Promise<Engines> {
  const cluster = process.env.QIANGKE_TEST_POSTGRES;
  if (cluster === undefined) return { env: { DATABASE_URL: `sqlite://${join(folder, "shop.db")}` }, stop: async () => {} };
  const database = `shop_${randomBytes(8).toString("hex")}`;
  await run("psql", [`${cluster}/postgres`, "--quiet", "--command", `create database ${database}`]);
  const port = await freePort();
  const redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(redis, "exit");
  await new Promise<void>((started, failed) => {
    const late = setTimeout(() => failed(new Error("Redis does not start")), START_TIMEOUT);
    redis.stdout.on("data", (text: Buffer) => {
      if (!text.includes("Ready to accept connections")) return;
      clearTimeout(late);
      started();
    });
  });
  return {
    env: { DATABASE_URL: `${cluster}/${database}`, REDIS_URL: `redis://127.0.0.1:${port}` },
    // The database goes with its server.
    stop: async () => {
      redis.kill("SIGKILL");
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const socket = createServer().listen(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, "close");
  return port;
}
