// S17: what a notice of a payment takes, and how soon seats are offered again whose holds lapse at once. That clicks and polls keep
// their goals S4 to S8 is measured there: the sales of every goal hold seats.
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask, sleep } from "./machine.mjs";
import { atMost } from "./table.mjs";

/// Holds that lapse at once; `HOLDS` tries the measurement with fewer.
const HOLDS = Number(process.env.HOLDS ?? 10_000);
/// Notices that are measured, at an even rate.
const NOTICES = Math.min(2_000, HOLDS);
const NOTICES_PER_S = 200;
const NOTICE_MS = 50;
const OFFERED_S = 10;
/// Seconds that a hold lasts: all of them are won, and their payments begun, before the first ends.
const HOLD_S = Number(process.env.HOLD_S ?? 60);
/// The longest that seats are waited for.
const LAPSED_MAX_S = 120;
const AT_ONCE = 16;
/// Tries of what is not measured: a shop that has too much to do says so.
const TRIES_MAX = 50;
/// The key of a gateway that is this program.
const KEY = Buffer.alloc(32, 7);
const NOTIFY = "/pay/notify/mock";

/// In turns of so many at once.
const each = async (items, act) => {
  const results = [];
  for (let from = 0; from < items.length; from += AT_ONCE) results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(act))));
  return results;
};

const lines = (file) => readFileSync(file, "utf8").trim().split("\n");

/// What the shop answers to a student; an answer that is none ends the measurement.
const told = async (shop, cookie, path, body) => {
  const headers = { "content-type": "application/json", cookie };
  const options = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  let answer = await ask(`http://${shop.address}/api/v1/${path}`, options);
  for (let turn = 1; turn < TRIES_MAX && [429, 503].includes(answer.status); turn += 1) {
    await answer.arrayBuffer();
    await sleep(100);
    answer = await ask(`http://${shop.address}/api/v1/${path}`, options);
  }
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).result;
};

/// A seat of the sale for each student of a file; gives their orders.
const win = async (shop, cookies, sale) => {
  await shop.clickEach(cookies, sale);
  const sold = await shop.sold(sale);
  const orders = await each(lines(cookies), async (cookie) => {
    const order = (await told(shop, cookie, "user/order/")).find((one) => one.sale_id === sale);
    return order && { cookie, ...order };
  });
  const held = orders.filter(Boolean);
  if (held.length !== sold) throw new Error(`${sold} seats were sold, ${held.length} orders are held`);
  return held;
};

/// Begins to pay an order; gives the payment's name and amount, as its link says them.
const begin = async (shop, { id, cookie }) => {
  const { url } = await told(shop, cookie, "order/pay/", { order: id, provider: "mock" });
  const { out_trade_no: no, amount } = Object.fromEntries(new URL(url).searchParams);
  return { no, amount };
};

/// A signed notice that this payment was paid.
const notice = ({ no, amount }) => {
  const now = Date.now();
  const receipt = { out_trade_no: no, gateway_no: `M${no}`, amount, paid_at: now };
  const body = JSON.stringify({ merchant: "qiangke-demo", notice_id: `N${no}`, out_trade_no: no, receipt });
  const at = Math.floor(now / 1_000);
  const signature = createHmac("sha256", KEY).update(`POST\n${NOTIFY}\n${at}\n${body}`).digest("hex");
  return { method: "POST", headers: { "content-type": "application/json", "x-mock-timestamp": String(at), "x-mock-signature": signature }, body };
};

/// Milliseconds from the moment at which a notice was meant to be sent until it was acknowledged: the 99th of a hundred.
const notices = async (shop, payments) => {
  const began = performance.now();
  const times = await Promise.all(payments.map(async (payment, turn) => {
    const due = began + (turn * 1_000) / NOTICES_PER_S;
    await sleep(Math.max(0, due - performance.now()));
    const answer = await ask(`http://${shop.address}${NOTIFY}`, notice(payment));
    if ((await answer.text()) !== "success") throw new Error(`a notice was answered ${answer.status}`);
    return performance.now() - due;
  }));
  return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1];
};

/// Seconds from the end of the last hold until all seats are free again and one of them is another student's.
const offered = async (shop, orders, sale, other) => {
  const last = Math.max(...orders.map(({ expires_at: end }) => end));
  if (Date.now() >= Math.min(...orders.map(({ expires_at: end }) => end))) throw new Error("holds ended before all were there: HOLD_S is too short");
  await sleep(Math.max(0, last - Date.now()));
  const end = last + LAPSED_MAX_S * 1_000;
  while (Date.now() < end) {
    const { left } = await told(shop, other, `sale/now/?id=${sale}`);
    if (left === orders.length) {
      const { task_id: task } = await (await ask(`http://${shop.address}/api/v1/user/sckill/`, {
        method: "POST", headers: { "content-type": "application/json", cookie: other }, body: JSON.stringify({ sale }),
      })).json();
      while (Date.now() < end) {
        const poll = await ask(`http://${shop.address}/api/v1/user/sckill/?task_id=${task}`, { headers: { cookie: other } });
        const { code } = await poll.json();
        if (code === 100) return (Date.now() - last) / 1_000;
        if (code === 101) break;
        await sleep(10);
      }
    }
    await sleep(50);
  }
  throw new Error(`seats were not free ${LAPSED_MAX_S} s after the last hold's end`);
};

/// The rows of a shop that is filled and does not serve yet.
export const holdsOf = async (shop, engine) => {
  const cookies = shop.students(HOLDS + 1);
  const [other, ...others] = lines(cookies);
  const part = (name, ids) => {
    const file = `${cookies}-${name}`;
    writeFileSync(file, `${ids.join("\n")}\n`);
    return file;
  };
  const [all, payers] = [part("all", others), part("payers", others.slice(0, NOTICES))];
  const [paid, left, begun] = [[NOTICES, 900], [HOLDS, HOLD_S], [HOLDS, HOLD_S]].map(([stock, hold], turn) => shop.sale(stock, 100 + turn, hold));
  const key = join(shop.folder, "gateway.key");
  writeFileSync(key, KEY.toString("hex"));

  // Nobody answers at the gateway's place: what is told here comes from this program.
  await shop.serve({ DEMO: "true", MOCK_GATEWAY_URL: "http://127.0.0.1:9", MOCK_GATEWAY_KEY_FILE: key });
  await shop.knows(paid);
  const payments = await each(await win(shop, payers, paid), (order) => begin(shop, order));
  const p99 = await notices(shop, payments);
  const lapsed = [];
  await shop.knows(left);
  lapsed.push(await offered(shop, await win(shop, all, left), left, other));
  await shop.stop();
  shop.audit();

  // The server's own gateway closes what was begun.
  await shop.serve({ DEMO: "true" });
  await shop.knows(begun);
  const orders = await win(shop, all, begun);
  await each(orders, (order) => begin(shop, order));
  lapsed.push(await offered(shop, orders, begun, other));
  await shop.stop();
  shop.audit();
  return [
    atMost("S17", `${engine}: a notice, p99 at ${NOTICES_PER_S}/s`, [p99], NOTICE_MS, "ms"),
    atMost("S17", `${engine}: ${HOLDS} holds that lapse at once, until their seats are another's`, [lapsed[0]], OFFERED_S, "s"),
    atMost("S17", `${engine}: the same, each with a payment that was begun`, [lapsed[1]], OFFERED_S, "s"),
  ];
};
