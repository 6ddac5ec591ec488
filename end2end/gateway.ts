// A mock gateway of another origin than the shop's, as the shop's own wire has it (src/server/payment): its page, and the
// answers to what the shop asks, signed with the key that both share.

import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

const PAY = "/mock-gateway/pay";
const API = "/mock-gateway/api/";

/** A running gateway. */
export class Gateway {
  /** The key, as its file has it. */
  readonly key = "07".repeat(32);
  url = "";
  private readonly server = createServer((asked, answer) => void this.handle(asked, answer));
  /** What was paid, by the payment's name. */
  private readonly receipts = new Map<string, object>();

  static async start(): Promise<Gateway> {
    const gateway = new Gateway();
    gateway.server.listen(0, "127.0.0.1");
    await once(gateway.server, "listening");
    gateway.url = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}`;
    return gateway;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private async handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? "/", this.url);
    let body = "";
    for await (const part of asked) body += String(part);
    if (url.pathname === PAY && asked.method === "GET") {
      const query = url.search.slice(1).replaceAll("&", "&amp;");
      const form = `<form method="post"><input type="hidden" name="query" value="${query}"><button>支付</button></form>`;
      answer.setHeader("content-type", "text/html; charset=utf-8").end(`<!DOCTYPE html><html lang="zh"><title>Bank</title><h1>Bank</h1>${form}`);
    } else if (url.pathname === PAY) {
      const offer = new URLSearchParams(new URLSearchParams(body).get("query") ?? "");
      const name = offer.get("out_trade_no") ?? "";
      this.receipts.set(name, { out_trade_no: name, gateway_no: `${name}M1`, amount: offer.get("amount"), paid_at: Date.now() });
      answer.writeHead(303, { location: offer.get("return_url") ?? "" }).end();
    } else if (url.pathname.startsWith(API)) {
      const { out_trade_no } = JSON.parse(body) as { out_trade_no: string };
      const receipt = this.receipts.get(out_trade_no);
      const outcome = url.pathname === `${API}query` ? (receipt === undefined ? "unpaid" : { paid: receipt }) : "closed";
      this.say(answer, url.pathname, JSON.stringify({ out_trade_no, outcome }));
    } else {
      answer.writeHead(404).end();
    }
  }

  /** An answer to the shop. */
  private say(answer: ServerResponse, path: string, body: string): void {
    const at = Math.floor(Date.now() / 1_000);
    const sign = createHmac("sha256", Buffer.from(this.key, "hex")).update(`ANSWER\n${path}\n${at}\n${body}`).digest("hex");
    answer.writeHead(200, { "content-type": "application/json", "x-mock-timestamp": String(at), "x-mock-signature": sign }).end(body);
  }
}
