// What open pages say while a sale opens, sells out and ends, and while the shop is away: true at every second, without a reload.

import { become, expect, minutes, NEWS_TIMEOUT, note, Shop, test } from "./shop.ts";
import type { Page } from "@playwright/test";

const NOW = "**/api/v1/sale/now/**";

const soon = (s: number) => new Date(Date.now() + s * 1_000).toISOString();
const main = (page: Page) => page.getByRole("main");

/** Sets the machine's clock an hour ahead; what runs evenly runs on. */
const setClock = (page: Page) =>
  page.evaluate(() => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + 3_600_000;
  });

/** Marks the document, so that a reload would be seen. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { sameDocument: true }));
const isSame = (page: Page) => page.evaluate(() => "sameDocument" in window);

test("a sale that opens turns home, list and course page at the second, and so does its end", async ({ context }) => {
  // Of its own: the home page shows six sales, and other tests make more. And no demo: its next sale of the course would
  // take the place of this one's end.
  const shop = await Shop.start({ own: [] });
  // Three pages are loaded until it opens, beside another test.
  test.setTimeout(90_000);
  await shop.sale({ course: 3, price: "1.50", opens: soon(20), closes: soon(32) });
  const pages: Page[] = [];
  for (const path of ["/", "/courses", "/courses/3"]) {
    const page = await context.newPage();
    await page.goto(`${shop.url}${path}`);
    await mark(page);
    pages.push(page);
  }
  const [home, list, course] = pages as [Page, Page, Page];
  const card = home.getByRole("main").getByRole("article").filter({ hasText: "Linux系统基础5周入门精讲" }).first();
  const entry = list.getByRole("main").getByRole("article").filter({ hasText: "Linux系统基础5周入门精讲" });
  await expect(card).toContainText("去看看");
  await expect(entry).toContainText("即将开抢");
  await expect(card).toContainText("去抢", { timeout: 25_000 });
  await expect(home.getByRole("heading", { name: "正在秒杀" })).toBeVisible();
  await expect(entry).toContainText("秒杀中");
  await expect(entry).toContainText(/距结束 00:00:0\d/);
  for (const place of [card, entry, main(course)]) {
    await expect(place).not.toContainText("即将开抢");
    await expect(place).toContainText("秒杀价 ¥1.50");
    await expect(place).toContainText("原价 ¥39");
  }
  await expect(card).toContainText("已结束", { timeout: 15_000 });
  await expect(main(course).getByRole("link", { name: "秒杀已结束" })).toBeVisible();
  for (const page of pages) expect(await isSame(page)).toBe(true);
  await shop.stop();
});

test("a sale that sells out is sold out on pages that were open, as soon as they look, and again on offer with more seats", async ({ page, context }) => {
  // A new one, whose demo sells each other course: one that can be had is worth more than one without seats.
  const shop = await Shop.start();
  test.setTimeout(60_000);
  const sale = await shop.sale({ course: 1, stock: 1, price: "1.50" });
  await context.clock.install();
  await page.goto(`${shop.url}/courses/1`);
  await mark(page);
  const visitor = await context.newPage();
  await visitor.goto(`${shop.url}/seckill/${sale}`);
  await expect(visitor.getByRole("button", { name: "登录后秒杀" })).toBeVisible();
  await (await shop.student()).grab(sale);
  // The shop's copies know it by then.
  await page.waitForTimeout(NEWS_TIMEOUT);
  // A page that nobody sees does not look.
  for (const open of [visitor, page]) {
    await open.bringToFront();
    await setClock(open);
    await open.clock.runFor(1_500);
  }
  await expect(main(page).getByRole("link", { name: "已抢完" })).toBeVisible();
  await expect(main(page)).not.toContainText("去秒杀");
  await expect(visitor.getByRole("button", { name: "已抢完" })).toBeDisabled();
  await expect(note(visitor)).toContainText(/最后一席在 .* 被抢走。/);
  expect(await isSame(page)).toBe(true);
  await shop.command("sale", "restock", String(sale), "2");
  await page.waitForTimeout(NEWS_TIMEOUT);
  await visitor.reload();
  await expect(visitor.getByRole("button", { name: "登录后秒杀" })).toBeEnabled();
  await shop.stop();
});

test("who lost hears both moments, and hears them again after a reload", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 1 });
  await become(page, await shop.student());
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("button", { name: "立即秒杀" })).toBeEnabled();
  await (await shop.student()).grab(sale);
  await page.getByRole("button", { name: "立即秒杀" }).click();
  await expect(page.getByRole("heading", { name: "这次没抢到" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "未抢到" })).toBeVisible();
  await expect(note(page)).toContainText(/最后一席在 .* 被抢走，您的点击 .* 到。/);
  await page.goto("/me");
  await expect(main(page)).toContainText("最近没抢到的");
  await main(page).getByRole("link", { name: /^为什么/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "这次没抢到" })).toBeVisible();
});

test("whoever takes the last seat is not told that one is left", async ({ page, shop }) => {
  const sale = await shop.sale({ stock: 2 });
  await (await shop.student()).grab(sale);
  await become(page, await shop.student());
  await page.goto(`/seckill/${sale}`);
  await expect(main(page)).toContainText("剩 1 席");
  await page.getByRole("button", { name: "立即秒杀" }).click();
  await expect(page.getByRole("button", { name: /^待支付/ })).toBeVisible();
  await expect(main(page)).not.toContainText("剩 1 席");
  await expect(note(page)).not.toContainText("现在就可以");
  await expect(main(page)).not.toContainText("去上课");
});

test("before the opening the button leads to sign-in, and who is signed in is told so", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: minutes(30), closes: "+60" });
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("banner").getByRole("link", { name: "登录" })).toBeInViewport();
  await expect(note(page).getByRole("link", { name: "提前登录" })).toBeVisible();
  await page.getByRole("button", { name: /^先登录，准备开抢 00:(29|30):\d\d$/ }).click();
  await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(`/seckill/${sale}`)}`);
  await become(page, await shop.student());
  await page.goto(`/seckill/${sale}`);
  await expect(page.getByRole("button", { name: /^距开抢/ })).toBeDisabled();
  await expect(note(page)).toContainText("已登录，到点直接点。");
});

test("an open sale says how long it goes on", async ({ page, shop }) => {
  const sale = await shop.sale({ closes: "+90" });
  await page.goto(`/seckill/${sale}`);
  await expect(main(page)).toContainText(/距结束 01:(29|30):\d\d（\d\d-\d\d \d\d:\d\d）/);
});

test("a machine's clock that is set moves no clock of an open page, and the shop is asked at once", async ({ page, shop }) => {
  const sale = await shop.sale({ opens: minutes(30), closes: "+60" });
  await become(page, await shop.student());
  await page.clock.install();
  await page.goto(`/seckill/${sale}`);
  const button = page.getByRole("button", { name: /^距开抢 00:(29|30):\d\d$/ });
  await expect(button).toBeVisible();
  const asked = page.waitForRequest(NOW);
  await setClock(page);
  await asked;
  await page.clock.runFor(1_500);
  await expect(button).toBeVisible();
});

test("a page that hears nothing of the shop says so, and no longer when it does", async ({ page, shop }) => {
  const sale = await shop.sale();
  await become(page, await shop.student());
  await page.clock.install();
  await page.goto(`/seckill/${sale}`);
  await expect(main(page)).toContainText(/误差 ±\d+ 毫秒/);
  await page.route(NOW, (route) => route.abort());
  const failed = page.waitForEvent("requestfailed");
  await setClock(page);
  await failed;
  await page.clock.runFor(1_500);
  await expect(note(page)).not.toContainText("没连上");
  await setClock(page);
  await expect(note(page)).toContainText("暂时没连上，正在重连。");
  await expect(main(page)).not.toContainText("误差");
  await page.unroute(NOW);
  await setClock(page);
  await expect(note(page)).toContainText("每人限一席");
});
