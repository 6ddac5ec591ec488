// What each kind of request costs the server, Redis and PostgreSQL: the figures that docs/scale.md carries further.
import { readFileSync, writeFileSync } from "node:fs";
import { cpuUs, cpuUsWithChildren } from "./machine.mjs";
import { wrk } from "./wrk.mjs";

const WINDOW_S = 3;
/// Students whose requests are measured; each stays below the limit of clicks.
const STUDENTS = 20_000;
/// Students of the clicks that are admitted: more than can be served in a window.
const BUYERS = 80_000;
/// Connections of those: what a click costs falls as more of them share a call and a commit.
const CROWD = 1_000;
const JSON_FIELDS = { "content-type": "application/json" };

/// The costs of a shop that is filled and does not serve yet; `engines` are those that it uses beside itself.
export const costsOf = async (shop, engines) => {
  const [held, sold, open] = [STUDENTS, 1, BUYERS].map((stock) => shop.sale(stock));
  const [cookies, buyers] = [STUDENTS, BUYERS].map((count) => shop.students(count));
  await shop.serve();
  for (const sale of [held, sold, open]) await shop.knows(sale);
  const first = `${cookies}-first`;
  writeFileSync(first, readFileSync(cookies, "utf8").split("\n").slice(0, 1).join("\n"));
  await shop.clickEach(first, sold);
  const tasks = await shop.clickEach(cookies, held);
  await shop.sold(held);

  const spent = () => [cpuUs(shop.pid), ...engines.map(({ pid }) => cpuUsWithChildren(pid))];
  const measure = async (what, ask) => {
    const before = spent();
    const { requests, perS } = await ask();
    const [us, ...others] = spent().map((after, part) => (after - before[part]) / requests);
    const beside = engines.map(({ name }, part) => ` + ${name} ${others[part].toFixed(1)} us`).join("");
    return { goal: "", what: `${what}, ${engines.length > 0 ? "server" : "SQLite"}${beside}`, candidate: perS, unit: "/s", us, bound: "" };
  };
  const ask = (asked) => () => wrk(shop, shop.address, asked, WINDOW_S);
  const click = (sale, whose) => ({ method: "POST", target: "/api/v1/user/sckill/", body: `{"sale":${sale}}`, fields: JSON_FIELDS, cookies: whose });
  const admitted = async () => {
    const since = performance.now();
    wrk(shop, shop.address, click(open, buyers), WINDOW_S, CROWD);
    const requests = await shop.sold(open);
    return { requests, perS: (requests * 1_000) / (performance.now() - since) };
  };
  // Each student's session is read once before anything is counted.
  for (const whose of [cookies, buyers]) wrk(shop, shop.address, { target: "/api/v1/user/me/", cookies: whose }, WINDOW_S);

  const rows = [
    await measure("cost of a page from memory", ask({ target: "/", fields: { "accept-encoding": "br" } })),
    await measure("cost of user/me/", ask({ target: "/api/v1/user/me/", cookies })),
    await measure("cost of sale/now/, of a student", ask({ target: `/api/v1/sale/now/?id=${held}`, cookies })),
    await measure("cost of a click, sold out", ask(click(sold, cookies))),
    await measure("cost of a poll", ask({ target: "/api/v1/user/sckill/?task_id=", cookies, tasks })),
    await measure("cost of a click, admitted to settled", admitted),
  ];
  await shop.stop();
  shop.audit();
  return rows;
};
