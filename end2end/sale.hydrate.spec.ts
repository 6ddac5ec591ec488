import { become, expect, minutes, NEWS_TIMEOUT, note, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const CLICK = "**/api/v1/user/sckill/";
const POLL = /\/api\/v1\/user\/sckill\/\?task_id=/;

const grab = (page: Page) => page.getByRole("button", { name: "立即秒杀" });
// What a seat with a price becomes at once: its hold.
const won = (page: Page) => page.getByRole("button", { name: /^待支付 \d\d:\d\d$/ });

test("the clock is the server's, whatever the browser's says", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: minutes(5) });
  await become(page, await shop.student());
  await page.clock.install({ time: new Date(Date.now() + 3_600_000) });
  await page.clock.resume();
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("button", { name: /距开抢 00:0[345]:\d\d/ })).toBeDisabled();
  await expect(page.getByRole("main")).toContainText(/已对时，误差 ±\d+ 毫秒/);
});

test("the button opens on the dot, without a reload", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: new Date(Date.now() + 12_000).toISOString() });
  await become(page, await shop.student());
  await page.goto(`/seckill/${sale}`);
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await expect(page.getByRole("heading", { name: "马上开抢" })).toBeVisible();
  await expect(page.getByText("已登录", { exact: true })).toBeVisible();
  await expect(grab(page)).toBeEnabled({ timeout: 20_000 });
  await grab(page).click();
  await expect(won(page)).toBeVisible();
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
});

test("the page asks for the clock when it is loaded, and not again in the last seconds before the opening", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: new Date(Date.now() + 12_000).toISOString() });
  await become(page, await shop.student());
  let asked = 0;
  page.on("request", (request) => (asked += Number(request.url().includes("/sale/now/"))));
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { name: "马上开抢" })).toBeVisible();
  await expect(grab(page)).toBeEnabled({ timeout: 20_000 });
  expect(asked).toBe(1);
});

test("however often it is clicked, it is sent once", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  let sent = 0;
  page.on("request", (request) => (sent += Number(request.method() === "POST" && request.url().endsWith("/sckill/"))));
  await page.goto(`/seckill/${sale}`);
  await expect(grab(page)).toBeEnabled();
  await grab(page).evaluate((button: HTMLButtonElement) => {
    for (let n = 0; n < 5; n += 1) button.click();
  });
  await expect(won(page)).toBeVisible();
  expect(sent).toBe(1);
});

test("while it waits it says how many are before, and then it stops to ask", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  let polls = 0;
  let waiting = true;
  await page.route(POLL, async (route) => {
    polls += 1;
    if (!waiting) return route.continue();
    await route.fulfill({ json: { code: 102, msg: "正在排队", place: 12, retry_ms: 200, sale } });
  });
  await page.clock.install();
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("button", { name: "排队中…" })).toBeDisabled();
  await expect(page.getByRole("heading", { name: "您正在排队，前面还有 12 人" })).toBeVisible();
  await expect(page.getByRole("main").getByRole("status")).toContainText("可以离开本页，名次为您保留。");
  waiting = false;
  await expect(won(page)).toBeVisible();
  const asked = polls;
  await page.clock.runFor(60_000);
  // A request that was sent by now is counted before this one is answered.
  await page.evaluate(async () => (await fetch("/favicon.svg")).text());
  expect(polls).toBe(asked);
});

test("a reload in the queue goes on with the same ticket", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  let waiting = true;
  let sent = 0;
  page.on("request", (request) => (sent += Number(request.method() === "POST" && request.url().endsWith("/sckill/"))));
  await page.route(POLL, (route) =>
    waiting ? route.fulfill({ json: { code: 102, msg: "正在排队", place: 2, retry_ms: 200, sale } }) : route.continue(),
  );
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("button", { name: "排队中…" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "排队中…" })).toBeVisible();
  waiting = false;
  await expect(page.getByRole("button", { name: /^待支付 \d\d:\d\d$/ })).toBeVisible();
  expect(sent).toBe(1);
});

test("a click that the network lost is tried again, as the same click", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 5 });
  const student = await shop.student();
  await become(page, student);
  const keys: unknown[] = [];
  await page.route(CLICK, async (route) => {
    keys.push((route.request().postDataJSON() as { key?: string }).key);
    await (keys.length < 3 ? route.abort() : route.continue());
  });
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("button", { name: /^重试中/ })).toBeVisible();
  await expect(won(page)).toBeVisible({ timeout: 20_000 });
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

test("without its program a page is what it is without JavaScript, and the next one tries again", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  await page.goto("/courses");
  await page.route("**/*.wasm", (route) => route.abort());
  const said = page.waitForEvent("console", (message) => message.type() === "warning");
  await page.evaluate((path) => location.assign(path), `/seckill/${sale}`);
  expect((await said).text()).toContain("this page stays without its program");
  await grab(page).click();
  await expect(page).toHaveURL(/\/tickets\//);
  await page.unroute("**/*.wasm");
  await page.goto("/me");
  await expect(page.getByRole("main").getByRole("article")).toHaveCount(1);
});

test("offline in the queue and back, the ticket is the same", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  let waiting = true;
  await page.route(POLL, (route) =>
    waiting ? route.fulfill({ json: { code: 102, msg: "正在排队", place: 2, retry_ms: 200, sale } }) : route.continue(),
  );
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("button", { name: "排队中…" })).toBeVisible();
  await page.context().setOffline(true);
  waiting = false;
  await expect(page.getByRole("heading", { name: "网络不太稳" })).toBeVisible();
  await page.context().setOffline(false);
  await expect(won(page)).toBeVisible({ timeout: 20_000 });
});

test("a sale that ends while it is looked at says so", async ({ page, shop }) => {
  const sale = await shop.sale({ closes: new Date(Date.now() + 12_000).toISOString() });
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("heading", { name: "正在开抢" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "秒杀已结束" })).toBeVisible({ timeout: 20_000 });
});

test("the seats that are left are shown, and to whom they went is not", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 3 });
  await (await shop.student()).grab(sale);
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("main")).toContainText("剩 2 席");
  await expect(page.getByRole("progressbar", { name: "剩余座位" })).toHaveAttribute("value", "2");
});

test("two tabs of one student show one seat", async ({ page, shop, context }) => {
  const sale = await shop.sale({ stock: 5 });
  const student = await shop.student();
  await become(page, student);
  const other = await context.newPage();
  await Promise.all([page.goto(`/seckill/${sale}`), other.goto(`/seckill/${sale}`)]);
  await Promise.all([grab(page).click(), grab(other).click()]);
  for (const tab of [page, other]) await expect(tab.getByRole("button", { name: /^待支付 \d\d:\d\d$/ })).toBeVisible();
  await page.goto("/me");
  await expect(page.getByRole("main").getByRole("article")).toHaveCount(1);
});

const BUSY = { status: 503, json: { code: 503, msg: "busy", error: "unavailable", retry_s: 1 } };

test("a click that is on its way promises no place yet", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  let send = () => {};
  const held = new Promise<void>((sent) => (send = sent));
  await page.route(CLICK, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("heading", { name: "正在送出您的点击" })).toBeVisible();
  await expect(page.getByRole("button", { name: "送出中…" })).toBeDisabled();
  await expect(note(page)).toContainText("请先别离开本页");
  await expect(note(page)).not.toContainText("名次");
  send();
  await expect(won(page)).toBeVisible();
});

test("a shop that is busy is no bad line, and a place is promised to who has one", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  await page.route(CLICK, (route) => route.fulfill(BUSY));
  await page.route(POLL, (route) => route.fulfill(BUSY));
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(page.getByRole("heading", { name: "还没成功，正在重试" })).toBeVisible();
  await expect(note(page)).toContainText("请先别离开本页");
  await expect(note(page)).not.toContainText("排队单");
  await page.unroute(CLICK);
  await expect(note(page)).toContainText("名次为您保留", { timeout: 10_000 });
  await expect(page.getByRole("heading", { name: "网络不太稳" })).toBeHidden();
  await page.unroute(POLL);
  await expect(won(page)).toBeVisible({ timeout: 20_000 });
});

test("whose order was cancelled may click again, in the same tab too", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 5 });
  const student = await shop.student();
  await become(page, student);
  await page.goto(`/seckill/${sale}`);
  for (const order of [1, 2]) {
    await grab(page).click();
    await expect(won(page), `order ${order}`).toBeVisible();
    const orders = (await (await student.http.get("/api/v1/user/order/")).json()) as { result: { id: number }[] };
    await shop.command("order", "cancel", String(orders.result[0]?.id), "--reason", "test");
    await page.waitForTimeout(NEWS_TIMEOUT);
    await page.reload();
    await expect(page.getByRole("button", { name: "已释放" })).toBeVisible();
    await page.getByRole("button", { name: "再抢一次" }).click();
    await expect(grab(page)).toBeEnabled();
  }
});

test("a seat that is held leads to its payment, and one that went back may be clicked for again", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 3 });
  const student = await shop.student();
  await become(page, student);
  let asked = 0;
  page.on("request", (request) => (asked += Number(request.url().includes("/order/of_sale/"))));
  await page.goto(`/seckill/${sale}`);
  await grab(page).click();
  await expect(won(page)).toBeVisible();
  await page.waitForTimeout(3_000);
  expect(asked, "no poll while it is held").toBe(1);
  await won(page).click();
  await expect(page).toHaveURL(/\/orders\/\d+$/);
  await page.goBack();
  await expect(won(page)).toBeVisible();
  const order = await student.order();
  await student.http.post("/api/v1/order/cancel/", { data: { order } });
  await page.evaluate(() => window.dispatchEvent(new Event("focus")));
  await expect(page.getByRole("button", { name: "已释放" })).toBeVisible();
  await page.getByRole("button", { name: "再抢一次" }).click();
  await grab(page).click();
  await expect(won(page)).toBeVisible();
});
