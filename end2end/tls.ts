// TLS in front of a shop, as a proxy gives it, under a name that is not loopback's: only there a session's cookie has its prefix.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The name of the shop; a browser is told that it is this machine. */
const HOST = "shop.example";
/** What makes Chromium find it. */
export const RESOLVE = `--host-resolver-rules=MAP ${HOST} 127.0.0.1`;

/** A proxy with a certificate that nobody vouches for. */
export class Tls {
  /** Where it leads. */
  shop = "";

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Tls> {
    const server = createServer(await certificate());
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    const tls = new Tls(`https://${HOST}:${(server.address() as AddressInfo).port}`, server);
    server.on("request", (asked, answered) => {
      const { method, headers } = asked;
      const forwarded = request(new URL(asked.url ?? "/", tls.shop), { method, headers }, (answer) => {
        answered.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(answered);
      });
      forwarded.on("error", () => answered.destroy());
      asked.pipe(forwarded);
    });
    return tls;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

async function certificate(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), "qiangke-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", ["req", "-x509", ...curve, "-days", "2", "-subj", `/CN=${HOST}`, "-keyout", key, "-out", cert]);
  const made = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  await rm(folder, { recursive: true });
  return made;
}
